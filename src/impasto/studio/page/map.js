/* A map of labels as numbers, one for each pixel: painted, filled, undone; no soft edges. */

import { hex, rgb } from "./labels.js";

const MOST_UNDO = 60;

export class LabelMap {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.cells = new Uint8Array(width * height);
    this.past = [];
    this.future = [];
    this.stroke = null;
  }

  get isPainted() {
    return this.cells.some((label) => label > 0);
  }

  /** Begin what is undone as one. */
  begin() {
    this.stroke = { before: this.cells.slice(), box: null };
  }

  /** End it; returns whether anything changed. */
  end() {
    const { before, box } = this.stroke;
    this.stroke = null;
    if (!box) return false;
    this.past.push({ box, before: this.#cut(before, box), after: this.#cut(this.cells, box) });
    if (this.past.length > MOST_UNDO) this.past.shift();
    this.future = [];
    return true;
  }

  /** Paint a line of round dabs; returns the box that changed. */
  line(from, to, radius, label) {
    const steps = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / Math.max(1, radius / 3)));
    let box = null;
    for (let step = 0; step <= steps; step += 1) {
      const share = step / steps;
      box = joined(box, this.#dab(from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share, radius, label));
    }
    this.#touch(box);
    return box;
  }

  #dab(x, y, radius, label) {
    const top = Math.max(0, Math.floor(y - radius));
    const bottom = Math.min(this.height - 1, Math.ceil(y + radius));
    for (let row = top; row <= bottom; row += 1) {
      const half = Math.sqrt(Math.max(0, radius * radius - (row - y) ** 2));
      const left = Math.max(0, Math.round(x - half));
      const right = Math.min(this.width, Math.round(x + half) + 1);
      if (right > left) this.cells.fill(label, row * this.width + left, row * this.width + right);
    }
    return boxOf(Math.max(0, Math.floor(x - radius)), top, Math.min(this.width, Math.ceil(x + radius) + 1), bottom + 1);
  }

  /** Fill what is connected and has one label; returns the box that changed. */
  fill(x, y, label) {
    const { width, height, cells } = this;
    const start = Math.floor(y) * width + Math.floor(x);
    const old = cells[start];
    if (old === label || old === undefined) return null;
    const waiting = [start];
    let box = null;
    while (waiting.length) {
      const cell = waiting.pop();
      if (cells[cell] !== old) continue;
      const row = Math.floor(cell / width);
      let left = cell % width;
      let right = left;
      while (left > 0 && cells[row * width + left - 1] === old) left -= 1;
      while (right < width - 1 && cells[row * width + right + 1] === old) right += 1;
      cells.fill(label, row * width + left, row * width + right + 1);
      box = joined(box, boxOf(left, row, right + 1, row + 1));
      for (const next of [row - 1, row + 1]) {
        if (next < 0 || next >= height) continue;
        for (let column = left; column <= right; column += 1) {
          // One seed for each run of cells is enough.
          const at = next * width + column;
          if (cells[at] === old && (column === left || cells[at - 1] !== old)) waiting.push(at);
        }
      }
    }
    this.#touch(box);
    return box;
  }

  /** Give every cell a label. */
  clear(label = 0) {
    this.cells.fill(label);
    this.#touch(boxOf(0, 0, this.width, this.height));
  }

  undo() {
    return this.#turn(this.past, this.future, "before");
  }

  redo() {
    return this.#turn(this.future, this.past, "after");
  }

  #turn(from, to, which) {
    const edit = from.pop();
    if (!edit) return null;
    this.#paste(edit[which], edit.box);
    to.push(edit);
    return edit.box;
  }

  #touch(box) {
    if (box && this.stroke) this.stroke.box = joined(this.stroke.box, box);
  }

  #cut(cells, { left, top, right, bottom }) {
    const part = new Uint8Array((right - left) * (bottom - top));
    for (let row = top; row < bottom; row += 1) {
      part.set(cells.subarray(row * this.width + left, row * this.width + right), (row - top) * (right - left));
    }
    return part;
  }

  #paste(part, { left, top, right, bottom }) {
    for (let row = top; row < bottom; row += 1) {
      const at = (row - top) * (right - left);
      this.cells.set(part.subarray(at, at + right - left), row * this.width + left);
    }
  }

  /** Draw a box of it onto a canvas; `alphas` says how opaque each label is, 0..255. */
  draw(canvas, labels, alphas, box = boxOf(0, 0, this.width, this.height)) {
    const { left, top, right, bottom } = box;
    const image = new ImageData(right - left, bottom - top);
    const pixels = new Uint32Array(image.data.buffer);
    // Little-endian, as every browser's machine is: alpha first.
    const colours = labels.map(({ colour }, n) => {
      const [red, green, blue] = rgb(colour);
      return ((alphas(n) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
    });
    let at = 0;
    for (let row = top; row < bottom; row += 1) {
      for (let column = left; column < right; column += 1) pixels[at++] = colours[this.cells[row * this.width + column]] || 0;
    }
    canvas.getContext("2d").putImageData(image, left, top);
  }

  /** Return the map as a PNG of flat colours. */
  async png(labels) {
    const canvas = document.createElement("canvas");
    canvas.width = this.width;
    canvas.height = this.height;
    this.draw(canvas, labels, () => 255);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  }

  /**
   * Take a picture of flat colours, of any size; returns the labels: those given, and new ones for
   * colours that none of them is near.
   */
  take(image, labels, most, name) {
    const canvas = document.createElement("canvas");
    canvas.width = this.width;
    canvas.height = this.height;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingEnabled = false;
    context.drawImage(image, 0, 0, this.width, this.height);
    const { data } = context.getImageData(0, 0, this.width, this.height);
    const found = labels.map(({ colour }) => rgb(colour));
    const all = [...labels];
    const counts = new Map();
    for (let at = 0; at < data.length; at += 4) {
      const key = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
      counts.set(key, (counts.get(key) || 0) + 1);
    }
    const least = 0.003 * this.cells.length;
    for (const [key, count] of [...counts].sort((a, b) => b[1] - a[1])) {
      const colour = [key >> 16, (key >> 8) & 255, key & 255];
      if (count < least || all.length >= most || found.some((one) => gap(one, colour) <= 16)) continue;
      found.push(colour);
      all.push({ colour: hex(...colour), name: name(all.length) });
    }
    const nearest = new Map();
    for (const key of counts.keys()) {
      const colour = [key >> 16, (key >> 8) & 255, key & 255];
      const gaps = found.map((one) => gap(one, colour));
      nearest.set(key, gaps.indexOf(Math.min(...gaps)));
    }
    for (let at = 0; at < data.length; at += 4) this.cells[at / 4] = nearest.get((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
    this.#touch(boxOf(0, 0, this.width, this.height));
    return all;
  }
}

const gap = (one, other) => Math.max(...one.map((part, i) => Math.abs(part - other[i])));

const boxOf = (left, top, right, bottom) => ({ left, top, right, bottom });

function joined(one, other) {
  if (!one || !other) return one || other;
  return boxOf(Math.min(one.left, other.left), Math.min(one.top, other.top), Math.max(one.right, other.right), Math.max(one.bottom, other.bottom));
}
