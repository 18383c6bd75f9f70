/* The labels of a map: flat colours far enough apart to be told from each other, and their names. */

// Paul Tol's bright colours: told apart by colour-blind eyes, and by the reader of maps (> 16 apart).
const COLOURS = ["#666666", "#4477aa", "#ee7733", "#228833", "#ccbb44", "#aa3377", "#66ccee", "#ee6677"];

export const MOST_LABELS = COLOURS.length;

export const firstLabels = () => [
  { colour: COLOURS[0], name: "Everything else" },
  { colour: COLOURS[1], name: "Part 2" },
];

/** Return one label more, in a colour that is free. */
export function another(labels) {
  const free = COLOURS.find((colour) => !labels.some((label) => label.colour === colour)) || "#999999";
  return { colour: free, name: `Part ${labels.length + 1}` };
}

/** White over black: kept, and painted. */
export const PROTECT_LABELS = [
  { colour: "#000000", name: "Painted" },
  { colour: "#ffffff", name: "Kept as it is" },
];

export function rgb(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

export const hex = (red, green, blue) => `#${[red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("")}`;

/** Black or white, whichever is read on a colour. */
export function inkOn(colour) {
  const [red, green, blue] = rgb(colour);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#000000" : "#ffffff";
}
