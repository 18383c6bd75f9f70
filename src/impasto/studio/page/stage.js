/* The picture itself, as large as it fits: magnified to real pixels, or compared along a line. */

import { button, debounced, el } from "./dom.js";
import { say } from "./notice.js";
import { fitScale, held, placed, seen, zoomedAt } from "./view.js";

const PAN_PX = 60;
const CROP_WAIT_MS = 120;

/**
 * The stage. `show({picture, against, size, crop, alt})`: `picture` and `against.url` are
 * addresses, `size` [width, height] in real pixels, `crop(rect, of)` an address of real pixels or
 * null while there are none.
 */
export class Stage {
  constructor() {
    this.size = [1, 1];
    this.view = { scale: 1, x: 0.5, y: 0.5 };
    this.fits = true;
    this.share = 0.5;
    this.against = null;
    this.crop = null;
    this.#build();
    this.#watch();
  }

  #build() {
    const layer = () => el("img", { alt: "", draggable: false, decoding: "async", hidden: true });
    this.picture = layer();
    this.pictureDetail = layer();
    this.other = layer();
    this.otherDetail = layer();
    this.picture.className = "stage-picture";
    this.over = el("div", { class: "stage-over", hidden: true }, this.other, this.otherDetail);
    this.line = el("div", { class: "stage-line", hidden: true }, el("span", { class: "stage-handle" }));
    this.slider = el("input", {
      type: "range", min: 0, max: 100, value: 50, step: 1, class: "unseen stage-slider", hidden: true,
      "aria-label": "Compare: where the other picture ends",
      on: { input: () => this.#divide(Number(this.slider.value) / 100) },
    });
    this.names = [el("span", { class: "stage-name left" }), el("span", { class: "stage-name right", text: "Painting" })];
    this.names.forEach((name) => (name.hidden = true));
    this.empty = el("p", { class: "stage-empty", hidden: true });
    this.port = el(
      "div",
      { class: "stage-port", tabIndex: 0, role: "group", "aria-label": "The picture. Plus and minus magnify, arrows move, 0 fits, 1 shows real pixels." },
      this.picture, this.pictureDetail, this.over, this.empty, this.names,
    );
    this.port.append(this.slider, this.line);
    this.percent = el("span", { class: "stage-percent", "aria-hidden": "true" });
    const symbol = (label, name, onClick) => button({ label, symbol: name, kind: "icon-button", onClick });
    this.tools = el(
      "div",
      { class: "stage-zoom" },
      symbol("Smaller", "minus", () => this.zoom(1 / 1.5)),
      this.percent,
      symbol("Larger", "plus", () => this.zoom(1.5)),
      symbol("Fit", "fit", () => this.fit()),
      button({ label: "1:1, real pixels", text: "1:1", kind: "icon-button one", onClick: () => this.real() }),
    );
  }

  #watch() {
    this.#pointers();
    this.#keys();
    this.#handle();
    this.fetchDetail = debounced(CROP_WAIT_MS, () => this.#detail());
    new ResizeObserver(() => this.#lay()).observe(this.port);
    this.picture.addEventListener("load", () => this.#lay());
  }

  show({ picture, waits = false, size, against = null, crop = null, alt = "", empty = "" }) {
    const moved = size && (size[0] !== this.size[0] || size[1] !== this.size[1]);
    if (moved) {
      this.size = size;
      this.port.style.setProperty("--ratio", String(size[0] / size[1]));
    }
    this.crop = crop;
    this.against = against;
    this.picture.hidden = !picture;
    this.port.classList.toggle("waits", waits);
    if (picture) swap(this.picture, picture);
    this.picture.alt = alt;
    this.empty.hidden = Boolean(picture) || !empty;
    this.empty.textContent = empty;
    const compares = Boolean(against && picture);
    for (const part of [this.over, this.line, this.slider, ...this.names]) part.hidden = !compares;
    if (compares) {
      swap(this.other, against.url);
      this.other.hidden = false;
      this.other.classList.toggle("cover", Boolean(against.cover));
      this.names[0].textContent = against.name;
    }
    this.#lay();
  }

  fit() {
    this.fits = true;
    this.#lay();
  }

  real() {
    this.#zoomTo(1 / devicePixelRatio, this.#middle());
  }

  zoom(factor, point = this.#middle()) {
    this.fits = false;
    this.view = zoomedAt(this.size, this.#box(), this.view, factor, point, 1 / devicePixelRatio);
    this.fits = Math.abs(this.view.scale / this.#fitScale() - 1) < 0.001;
    this.#lay();
  }

  #zoomTo(scale, point) {
    this.zoom(scale / this.view.scale, point);
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
    for (const image of [this.picture, this.other]) place(image, at);
    this.port.classList.toggle("magnified", !this.fits);
    const real = this.view.scale * devicePixelRatio;
    this.port.classList.toggle("pixels", !this.fits && real >= 2 && Boolean(this.crop));
    this.percent.textContent = Math.max(...this.size) > 8 ? `${Math.round(real * 100)} %` : "";
    this.#divide(this.share);
    for (const detail of [this.pictureDetail, this.otherDetail]) detail.hidden = true;
    this.fetchDetail();
  }

  /** Lay real pixels over what was only scaled up. */
  #detail() {
    if (!this.crop || this.picture.hidden || !this.port.isConnected) return;
    const box = this.#box();
    const rect = seen(this.size, box, this.view);
    const at = placed(this.size, box, this.view);
    // At less than about half size the preview shows as much as the screen can.
    if (this.view.scale * devicePixelRatio * Math.max(...this.size) <= 900) return;
    const part = {
      left: at.left + rect.x * this.view.scale,
      top: at.top + rect.y * this.view.scale,
      width: rect.w * this.view.scale,
      height: rect.h * this.view.scale,
    };
    lay(this.pictureDetail, this.crop(rect, "result"), part);
    if (!this.over.hidden && this.against && !this.against.cover) lay(this.otherDetail, this.crop(rect, "content"), part);
  }

  #divide(share) {
    this.share = Math.min(1, Math.max(0, share));
    const at = placed(this.size, this.#box(), this.view);
    const box = this.#box();
    const left = Math.max(0, at.left);
    const right = Math.min(box.width, at.left + at.width);
    const x = left + (right - left) * this.share;
    this.over.style.clipPath = `inset(0 ${box.width - x}px 0 0)`;
    this.line.style.left = `${x}px`;
    this.line.style.top = `${Math.max(0, at.top)}px`;
    this.line.style.height = `${Math.min(box.height, at.top + at.height) - Math.max(0, at.top)}px`;
    this.names[0].style.left = `${left + 10}px`;
    this.names[1].style.right = `${box.width - right + 10}px`;
    for (const name of this.names) name.style.top = `${Math.max(0, at.top) + 10}px`;
    this.slider.value = Math.round(this.share * 100);
    this.slider.setAttribute("aria-valuetext", `${this.slider.value} % ${this.against ? this.against.name.toLowerCase() : ""}`);
    this.divided = { left, right };
  }

  #handle() {
    const move = (event) => {
      const x = event.clientX - this.port.getBoundingClientRect().left;
      const { left, right } = this.divided;
      this.#divide((x - left) / (right - left || 1));
    };
    this.line.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.line.setPointerCapture(event.pointerId);
      this.slider.focus({ preventScroll: true });
      this.line.addEventListener("pointermove", move);
    });
    for (const name of ["pointerup", "pointercancel"]) {
      this.line.addEventListener(name, () => this.line.removeEventListener("pointermove", move));
    }
  }

  #pointers() {
    const down = new Map();
    let gap = 0;
    const at = (event) => {
      const corner = this.port.getBoundingClientRect();
      return { x: event.clientX - corner.left, y: event.clientY - corner.top };
    };
    this.port.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      down.set(event.pointerId, at(event));
      if (!this.fits || down.size === 2) this.port.setPointerCapture(event.pointerId);
      gap = 0;
    });
    this.port.addEventListener("pointermove", (event) => {
      const before = down.get(event.pointerId);
      if (!before) return;
      const now = at(event);
      down.set(event.pointerId, now);
      if (down.size === 2) {
        const [one, two] = [...down.values()];
        const apart = Math.hypot(one.x - two.x, one.y - two.y);
        if (gap) this.zoom(apart / gap, { x: (one.x + two.x) / 2, y: (one.y + two.y) / 2 });
        gap = apart;
      } else if (!this.fits) this.#pan(now.x - before.x, now.y - before.y);
    });
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) this.port.addEventListener(name, (event) => down.delete(event.pointerId));
    this.port.addEventListener("dblclick", (event) => (this.fits ? this.#zoomTo(Math.max(1 / devicePixelRatio, this.view.scale * 2), at(event)) : this.fit()));
    this.port.addEventListener(
      "wheel",
      (event) => {
        // A plain wheel scrolls the page, as everywhere; with Ctrl, or once magnified, it zooms.
        if (!event.ctrlKey && !event.metaKey && this.fits) return;
        event.preventDefault();
        this.zoom(Math.exp(-event.deltaY / 300), at(event));
      },
      { passive: false },
    );
  }

  #pan(dx, dy) {
    const [width, height] = this.size;
    this.view = { ...this.view, x: this.view.x - dx / (width * this.view.scale), y: this.view.y - dy / (height * this.view.scale) };
    this.#lay();
  }

  #keys() {
    const keys = {
      "+": () => this.zoom(1.5), "=": () => this.zoom(1.5), "-": () => this.zoom(1 / 1.5),
      0: () => this.fit(), 1: () => this.real(),
      ArrowLeft: () => this.#pan(PAN_PX, 0), ArrowRight: () => this.#pan(-PAN_PX, 0),
      ArrowUp: () => this.#pan(0, PAN_PX), ArrowDown: () => this.#pan(0, -PAN_PX),
    };
    this.port.addEventListener("keydown", (event) => {
      if (event.target !== this.port || event.ctrlKey || event.metaKey || event.altKey) return;
      const act = keys[event.key];
      if (!act || (this.fits && event.key.startsWith("Arrow"))) return;
      event.preventDefault();
      act();
      say(this.percent.textContent);
    });
  }
}

const place = (node, { left, top, width, height }) =>
  Object.assign(node.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });

function lay(image, url, at) {
  if (!url) return;
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
  next.decode().then(() => image.dataset.url === url && (image.src = url), () => {});
}
