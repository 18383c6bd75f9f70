/* How the stage is moved and magnified: dragging, two fingers, the wheel, and keys. */

const KEY_PX = 60;
const STEP = 1.5;

/** Let `stage` (fits, pan, zoom, zoomTo, fit, real) follow pointers and keys on its `port`. */
export function followGestures(port, stage) {
  followPointers(port, stage);
  port.addEventListener("dblclick", (event) => {
    if (stage.fits) stage.zoom(2, placeOf(port, event));
    else stage.fit();
  });
  port.addEventListener(
    "wheel",
    (event) => {
      // A plain wheel scrolls the page, as everywhere; with Ctrl, or once magnified, it zooms.
      if (!event.ctrlKey && !event.metaKey && stage.fits) return;
      event.preventDefault();
      stage.zoom(Math.exp(-event.deltaY / 300), placeOf(port, event));
    },
    { passive: false },
  );
  port.addEventListener("keydown", (event) => followKey(event, port, stage));
}

function placeOf(port, event) {
  const corner = port.getBoundingClientRect();
  return { x: event.clientX - corner.left, y: event.clientY - corner.top };
}

function followPointers(port, stage) {
  const down = new Map();
  let gap = 0;
  port.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    down.set(event.pointerId, placeOf(port, event));
    if (!stage.fits || down.size === 2) port.setPointerCapture(event.pointerId);
    gap = 0;
  });
  port.addEventListener("pointermove", (event) => {
    const before = down.get(event.pointerId);
    if (!before) return;
    const now = placeOf(port, event);
    down.set(event.pointerId, now);
    if (down.size === 2) {
      const [one, two] = [...down.values()];
      const apart = Math.hypot(one.x - two.x, one.y - two.y);
      if (gap) stage.zoom(apart / gap, { x: (one.x + two.x) / 2, y: (one.y + two.y) / 2 });
      gap = apart;
    } else if (!stage.fits) stage.pan(now.x - before.x, now.y - before.y);
  });
  for (const name of ["pointerup", "pointercancel", "pointerleave"]) {
    port.addEventListener(name, (event) => down.delete(event.pointerId));
  }
}

function followKey(event, port, stage) {
  if (event.target !== port || event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = {
    "+": () => stage.zoom(STEP),
    "=": () => stage.zoom(STEP),
    "-": () => stage.zoom(1 / STEP),
    0: () => stage.fit(),
    1: () => stage.real(),
    ArrowLeft: () => stage.pan(KEY_PX, 0),
    ArrowRight: () => stage.pan(-KEY_PX, 0),
    ArrowUp: () => stage.pan(0, KEY_PX),
    ArrowDown: () => stage.pan(0, -KEY_PX),
  };
  const act = keys[event.key];
  if (!act || (stage.fits && event.key.startsWith("Arrow"))) return;
  event.preventDefault();
  act();
  stage.tell();
}
