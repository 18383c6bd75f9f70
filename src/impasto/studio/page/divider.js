/* The line between two pictures: dragged, or moved by the arrow keys of its slider. */

import { el } from "./dom.js";

/** A layer with the other picture, cut off at a line. */
export class Divider {
  constructor() {
    this.share = 0.5;
    this.span = { left: 0, right: 1, width: 1 };
    this.image = el("img", { alt: "", draggable: false, decoding: "async" });
    this.detail = el("img", { alt: "", draggable: false, decoding: "async", hidden: true });
    this.over = el("div", { class: "stage-over" }, this.image, this.detail);
    this.line = el("div", { class: "stage-line" }, el("span", { class: "stage-handle" }));
    this.slider = el("input", {
      type: "range", min: 0, max: 100, value: 50, step: 1, class: "unseen stage-slider",
      "aria-label": "Compare: where the other picture ends",
      on: { input: () => this.#divide(Number(this.slider.value) / 100) },
    });
    this.names = [el("span", { class: "stage-name" }), el("span", { class: "stage-name", text: "Painting" })];
    this.nodes = [this.over, ...this.names, this.slider, this.line];
    this.hide(true);
    this.#drag();
  }

  hide(hidden) {
    this.isHidden = hidden;
    for (const node of this.nodes) node.hidden = hidden;
  }

  /** Say which picture lies left of the line; `cover` cuts it to the painting's shape. */
  show(name, cover) {
    this.hide(false);
    this.names[0].textContent = name;
    this.image.classList.toggle("cover", cover);
  }

  /** Follow the painting, which lies `at` on a stage of a size. */
  lay(at, box) {
    const left = Math.max(0, at.left);
    const right = Math.min(box.width, at.left + at.width);
    const top = Math.max(0, at.top);
    this.span = { left, right, width: box.width };
    this.line.style.top = `${top}px`;
    this.line.style.height = `${Math.min(box.height, at.top + at.height) - top}px`;
    this.names[0].style.left = `${left + 10}px`;
    this.names[1].style.right = `${box.width - right + 10}px`;
    for (const name of this.names) name.style.top = `${top + 10}px`;
    this.#divide(this.share);
  }

  #divide(share) {
    this.share = Math.min(1, Math.max(0, share));
    const { left, right, width } = this.span;
    const x = left + (right - left) * this.share;
    this.over.style.clipPath = `inset(0 ${width - x}px 0 0)`;
    this.line.style.left = `${x}px`;
    this.slider.value = Math.round(this.share * 100);
    this.slider.setAttribute("aria-valuetext", `${this.slider.value} % ${this.names[0].textContent.toLowerCase()}`);
  }

  #drag() {
    const move = (event) => {
      const { left, right } = this.span;
      const x = event.clientX - this.over.getBoundingClientRect().left;
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
}
