/* Where a picture lies on the stage: fitted, or magnified around a point. Pure arithmetic. */

const MOST = 8;

/** Return the scale, in page pixels for each of the picture's, at which it just fits. */
export function fitScale([width, height], box) {
  return Math.min(box.width / width, box.height / height);
}

/** Return the picture's rectangle on the stage, in page pixels. */
export function placed([width, height], box, { scale, x, y }) {
  return {
    left: box.width / 2 - x * width * scale,
    top: box.height / 2 - y * height * scale,
    width: width * scale,
    height: height * scale,
  };
}

/** Keep the centre, in shares of the picture, where no needless emptiness shows. */
export function held([width, height], box, { scale, x, y }) {
  const hold = (centre, shown, room) => {
    const half = room / 2 / shown;
    return half >= 0.5 ? 0.5 : Math.min(1 - half, Math.max(half, centre));
  };
  return { scale, x: hold(x, width * scale, box.width), y: hold(y, height * scale, box.height) };
}

/**
 * Magnify by a factor around a point of the stage, which stays where it is; `real` is the scale of
 * real pixels, which a small picture may be shown at though there is more room.
 */
export function zoomedAt(size, box, view, factor, point, real) {
  const fit = fitScale(size, box);
  const scale = Math.min(Math.max(view.scale * factor, Math.min(fit, real)), Math.max(MOST * real, fit));
  const [width, height] = size;
  const dx = (point.x - box.width / 2) * (1 / view.scale - 1 / scale);
  const dy = (point.y - box.height / 2) * (1 / view.scale - 1 / scale);
  return held(size, box, { scale, x: view.x + dx / width, y: view.y + dy / height });
}

/** Return the whole pixels of the picture that the stage shows: {x, y, w, h}, at most `most` a side. */
export function seen([width, height], box, view, most = 2048) {
  const at = placed([width, height], box, view);
  const x = Math.max(0, Math.floor(-at.left / view.scale));
  const y = Math.max(0, Math.floor(-at.top / view.scale));
  const right = Math.min(width, Math.ceil((box.width - at.left) / view.scale));
  const bottom = Math.min(height, Math.ceil((box.height - at.top) / view.scale));
  return { x, y, w: Math.max(1, Math.min(most, right - x)), h: Math.max(1, Math.min(most, bottom - y)) };
}
