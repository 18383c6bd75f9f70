#!/bin/bash
# A batch as a Slurm array: each task paints its share, all into one folder.
#
#   sbatch slurm_array.sh PHOTOS STYLE FOLDER [OPTION ...]
#
# PHOTOS, STYLE and FOLDER are on storage that all nodes see. What is missing afterwards (a node that
# failed, a limit of time) is painted when the same line is given again.
#SBATCH --job-name=impasto
#SBATCH --array=0-7
#SBATCH --cpus-per-task=8
#SBATCH --mem=8G
#SBATCH --time=04:00:00
#SBATCH --output=impasto-%A_%a.log
# One GPU for each task, where there are any:
##SBATCH --gpus-per-task=1
# Two minutes before the time is up, so that the picture under way is saved:
#SBATCH --signal=TERM@120
set -euo pipefail

# Where impasto is installed, on storage that all nodes see:
#   python3 -m venv ~/impasto && ~/impasto/bin/pip install PATH_OF_IMPASTO
source "${IMPASTO_VENV:-$HOME/impasto}/bin/activate"

photos=$1 style=$2 folder=$3
shift 3
# The share is known from SLURM_ARRAY_TASK_ID. `exec`, so that signals reach impasto itself.
exec impasto batch "$photos" --style "$style" -o "$folder" "$@"
