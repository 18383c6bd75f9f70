"""Paint through a running studio: `python studio_client.py ADDRESS PHOTO PAINTING OUT.png`."""

import json
import sys
import time
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

address, photo, painting, out = sys.argv[1:]
pictures = [
    json.load(urlopen(f"{address}/api/pictures?name={quote(path)}", Path(path).read_bytes()))["id"]
    for path in (photo, painting)
]
wanted = {"content": pictures[0], "styles": [{"picture": pictures[1]}], "options": {"size": 256}}
body, headers = json.dumps(wanted).encode(), {"content-type": "application/json"}
job = json.load(urlopen(Request(f"{address}/api/jobs", body, headers)))
while job["state"] not in ("done", "failed"):
    time.sleep(0.5)
    job = json.load(urlopen(f"{address}/api/jobs/{job['id']}"))
Path(out).write_bytes(urlopen(address + job["files"]["result"]).read())
