/* The picture itself, as large as it fits: magnified to real pixels, or compared along a line. */

import { Divider } from "./divider.js";
import { button, debounced, el } from "./dom.js";
import { followGestures } from "./gestures.js";
import { say } from "./notice.js";
import { fitScale, held, placed, seen, zoomedAt } from "./view.js";

const STEP = 1.5;
const CROP_WAIT_MS = 120;
// What a preview shows by itself: below this, real pixels would look the same.
const PREVIEW_PX = 900;

/**
 * The stage. `show({picture, against, size, crop, alt})`: `picture` and `against.url` are
 * addresses, `size` [width, height] in real pixels, `crop(rect, of)` an address of real pixels or
 * null while there are none; `waits` shows the picture faintly.
 */
export class Stage {
  constructor() {
    this.size = [1, 1];
    this.view = { scale: 1, x: 0.5, y: 0.5 };
    this.fits = true;
    this.against = null;
    this.crop = null;
    this.#build();
    followGestures(this.port, this);
    this.fetchDetail = debounced(CROP_WAIT_MS, () => this.#detail());
    new ResizeObserver(() => this.#lay()).observe(this.port);
  }

  #build() {
    this.picture = el("img", { class: "stage-picture", alt: "", draggable: false, decoding: "async", hidden: true });
    this.detail = el("img", { alt: "", draggable: false, decoding: "async", hidden: true });
    this.divider = new Divider();
    this.empty = el("p", { class: "stage-empty", hidden: true });
    this.port = el(
      "div",
      { class: "stage-port", tabIndex: 0, role: "group", "aria-label": "The picture. Plus and minus magnify, arrows move, 0 fits, 1 shows real pixels." },
      this.picture, this.detail, this.empty, this.divider.nodes,
    );
    this.percent = el("span", { class: "stage-percent", "aria-hidden": "true" });
    const tool = (label, symbol, onClick) => button({ label, symbol, kind: "icon-button", onClick });
    this.tools = el(
      "div",
      { class: "stage-zoom" },
      tool("Smaller", "minus", () => this.zoom(1 / STEP)),
      this.percent,
      tool("Larger", "plus", () => this.zoom(STEP)),
      tool("Fit", "fit", () => this.fit()),
      button({ label: "1:1, real pixels", text: "1:1", kind: "icon-button one", onClick: () => this.real() }),
    );
  }

  show({ picture, waits = false, size, against = null, crop = null, alt = "", empty = "" }) {
    if (size[0] !== this.size[0] || size[1] !== this.size[1]) {
      this.size = size;
      this.port.style.setProperty("--ratio", String(size[0] / size[1]));
    }
    this.crop = crop;
    this.against = picture ? against : null;
    this.port.classList.toggle("waits", waits);
    this.picture.hidden = !picture;
    if (picture) swap(this.picture, picture);
    this.picture.alt = alt;
    this.empty.hidden = Boolean(picture) || !empty;
    this.empty.textContent = empty;
    if (this.against) {
      swap(this.divider.image, against.url);
      this.divider.show(against.name, Boolean(against.cover));
    } else this.divider.hide(true);
    this.#lay();
  }

  fit() {
    this.fits = true;
    this.#lay();
  }

  real() {
    this.zoom(1 / devicePixelRatio / this.view.scale);
  }

  zoom(factor, point = this.#middle()) {
    this.view = zoomedAt(this.size, this.#box(), this.view, factor, point, 1 / devicePixelRatio);
    this.fits = Math.abs(this.view.scale / this.#fitScale() - 1) < 0.001;
    this.#lay();
  }

  pan(dx, dy) {
    const [width, height] = this.size;
    const { scale, x, y } = this.view;
    this.view = { scale, x: x - dx / (width * scale), y: y - dy / (height * scale) };
    this.#lay();
  }

  /** Say to screen readers how far it is magnified. */
  tell() {
    say(this.percent.textContent);
  }

  #middle() {
    const box = this.#box();
    return { x: box.width / 2, y: box.height / 2 };
  }

  #box() {
    return { width: this.port.clientWidth || 1, height: this.port.clientHeight || 1 };
  }

  #fitScale() {
    return fitScale(this.size, this.#box());
  }

  #lay() {
    const box = this.#box();
    this.view = this.fits ? { scale: this.#fitScale(), x: 0.5, y: 0.5 } : held(this.size, box, this.view);
    const at = placed(this.size, box, this.view);
    for (const image of [this.picture, this.divider.image]) place(image, at);
    this.divider.lay(at, box);
    const real = this.view.scale * devicePixelRatio;
    this.port.classList.toggle("magnified", !this.fits);
    this.port.classList.toggle("pixels", !this.fits && real >= 2 && Boolean(this.crop));
    this.percent.textContent = this.port.classList.contains("waits") ? "" : `${Math.round(real * 100)} %`;
    for (const detail of [this.detail, this.divider.detail]) detail.hidden = true;
    this.fetchDetail();
  }

  /** Lay real pixels over what was only scaled up. */
  #detail() {
    const shown = this.view.scale * devicePixelRatio * Math.max(...this.size);
    if (!this.crop || this.picture.hidden || !this.port.isConnected || shown <= PREVIEW_PX) return;
    const rect = seen(this.size, this.#box(), this.view);
    const { left, top } = placed(this.size, this.#box(), this.view);
    const { scale } = this.view;
    const part = { left: left + rect.x * scale, top: top + rect.y * scale, width: rect.w * scale, height: rect.h * scale };
    lay(this.detail, this.crop(rect, "result"), part);
    if (this.against && !this.against.cover) lay(this.divider.detail, this.crop(rect, "content"), part);
  }
}

const place = (node, { left, top, width, height }) =>
  Object.assign(node.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });

function lay(image, url, at) {
  image.onload = () => {
    place(image, at);
    image.hidden = false;
  };
  image.src = url;
}

/** Change a picture without a blink: the new one is decoded first. */
function swap(image, url) {
  if (image.dataset.url === url) return;
  image.dataset.url = url;
  if (!image.getAttribute("src")) {
    image.src = url;
    return;
  }
  const next = new Image();
  next.src = url;
  next.decode().then(
    () => {
      if (image.dataset.url === url) image.src = url;
    },
    () => {},
  );
}
