/* Where maps are painted: a picture under a map of labels, with brush, eraser and fill. */

import { el } from "./dom.js";

const MOST_BRUSH = 400;
const KEY_STEP = 0.5;
const MOST_ZOOM = 12;

/**
 * The easel. `show({url, map, labels, alpha, alt})` puts a picture and its map on it; `label` is
 * what the brush paints, `tool` "brush", "eraser" or "fill", `size` the brush's width in pixels of
 * the map. `onPaint` is called after each stroke, `onPick` when a key chooses tool, size or label.
 */
export class Easel {
  constructor({ onPaint, onPick }) {
    this.onPaint = onPaint;
    this.onPick = onPick;
    this.tool = "brush";
    this.size = 40;
    this.label = 1;
    this.zoom = 1;
    this.map = null;
    this.cursor = { x: 0, y: 0 };
    this.image = el("img", { class: "easel-picture", alt: "", draggable: false });
    this.canvas = el("canvas", {
      class: "easel-map",
      tabIndex: 0,
      role: "application",
      "aria-roledescription": "map to paint on",
      "aria-label": "Map. Arrows move the brush, space paints, with shift the arrows paint a line.",
    });
    this.ring = el("span", { class: "easel-ring", hidden: true });
    this.paper = el("div", { class: "easel-paper" }, this.image, this.canvas, this.ring);
    this.node = el("div", { class: "easel" }, this.paper);
    this.#pointers();
    this.#keys();
    new ResizeObserver(() => this.#fit()).observe(this.node);
  }

  show({ url, map, labels, alpha, alt }) {
    this.map = map;
    this.labels = labels;
    this.alpha = alpha;
    this.image.src = url;
    this.image.alt = alt;
    this.canvas.width = map.width;
    this.canvas.height = map.height;
    this.cursor = { x: map.width / 2, y: map.height / 2 };
    this.ring.hidden = true;
    this.zoom = 1;
    this.redraw();
    this.#fit();
  }

  redraw(box) {
    this.map.draw(this.canvas, this.labels, this.alpha, box);
  }

  undo() {
    this.#turned(this.map.undo());
  }

  redo() {
    this.#turned(this.map.redo());
  }

  #turned(box) {
    if (!box) return;
    this.redraw(box);
    this.onPaint();
  }

  #fit() {
    if (!this.map) return;
    const fit = Math.min((this.node.clientWidth - 32) / this.map.width, (this.node.clientHeight - 32) / this.map.height);
    if (fit <= 0) return;
    const scale = fit * this.zoom;
    this.scale = scale;
    this.paper.style.width = `${Math.floor(this.map.width * scale)}px`;
    this.paper.style.height = `${Math.floor(this.map.height * scale)}px`;
    this.#mark();
  }

  /** Magnify around what is in the middle; 0 fits it in again. */
  magnify(factor) {
    const { node } = this;
    const before = this.zoom;
    this.zoom = factor ? Math.min(MOST_ZOOM, Math.max(1, before * factor)) : 1;
    const by = this.zoom / before;
    const x = (node.scrollLeft + node.clientWidth / 2) * by;
    const y = (node.scrollTop + node.clientHeight / 2) * by;
    this.#fit();
    node.scrollTo(x - node.clientWidth / 2, y - node.clientHeight / 2);
  }

  resize(size) {
    this.size = Math.round(Math.min(MOST_BRUSH, Math.max(2, size)));
    this.#mark();
  }

  #mark() {
    const width = this.size * this.scale;
    Object.assign(this.ring.style, {
      width: `${width}px`,
      height: `${width}px`,
      left: `${this.cursor.x * this.scale - width / 2}px`,
      top: `${this.cursor.y * this.scale - width / 2}px`,
    });
    this.ring.classList.toggle("fill", this.tool === "fill");
  }

  #stroke(from, to) {
    const label = this.tool === "eraser" ? 0 : this.label;
    const box = this.tool === "fill" ? this.map.fill(to.x, to.y, label) : this.map.line(from, to, this.size / 2, label);
    if (box && box.right > box.left && box.bottom > box.top) this.redraw(box);
  }

  /** Paint one stroke that ends at once. */
  #dab(from, to) {
    this.map.begin();
    this.#stroke(from, to);
    if (this.map.end()) this.onPaint();
  }

  #pointers() {
    const at = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return { x: ((event.clientX - box.left) / box.width) * this.map.width, y: ((event.clientY - box.top) / box.height) * this.map.height };
    };
    let last = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      this.canvas.focus({ preventScroll: true });
      this.canvas.setPointerCapture(event.pointerId);
      last = at(event);
      this.cursor = last;
      this.map.begin();
      this.#stroke(last, last);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      this.ring.hidden = false;
      const moves = event.getCoalescedEvents ? event.getCoalescedEvents() : [event];
      if (last && this.tool !== "fill") {
        for (const move of moves.length ? moves : [event]) {
          const now = at(move);
          this.#stroke(last, now);
          last = now;
        }
      }
      this.cursor = at(event);
      this.#mark();
    });
    const stop = () => {
      if (!last) return;
      last = null;
      if (this.map.end()) this.onPaint();
    };
    for (const name of ["pointerup", "pointercancel"]) this.canvas.addEventListener(name, stop);
    this.node.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        this.magnify(Math.exp(-event.deltaY / 300));
      },
      { passive: false },
    );
    this.canvas.addEventListener("pointerleave", () => (this.ring.hidden = true));
  }

  #keys() {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    this.canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key in moves) {
        const step = Math.max(2, this.size * KEY_STEP);
        const [dx, dy] = moves[event.key];
        const from = this.cursor;
        const inside = (value, most) => Math.min(most - 1, Math.max(0, value));
        this.cursor = { x: inside(from.x + dx * step, this.map.width), y: inside(from.y + dy * step, this.map.height) };
        if (event.shiftKey && this.tool !== "fill") this.#dab(from, this.cursor);
      } else if (event.key === " " || event.key === "Enter") this.#dab(this.cursor, this.cursor);
      else return;
      event.preventDefault();
      this.ring.hidden = false;
      this.#mark();
    });
    this.canvas.addEventListener("blur", () => (this.ring.hidden = true));
  }
}
