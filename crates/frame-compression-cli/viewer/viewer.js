// Shows two pictures of one size on top of one another: a line that can be moved parts them, both zoom and move together,
// down to single pixels, and their difference can be shown instead. The report and the playground share it.
//
//   const viewer = new Viewer(element);
//   viewer.show({ before, after, labels: ["original", "H.264, CRF 29"] });
//
// `before` and `after` are ImageData of one size. A later `show` of that size keeps place and zoom.

const LEAST_SCALE = 1 / 16;
const MOST_SCALE = 64;
/// From this scale on pixels are squares with edges.
const PIXELS_FROM = 1;

/** What is seen: both pictures, or their difference. */
export const MODES = ["slider", "difference", "signed"];

const NAMES = { slider: "Before | after", difference: "Difference", signed: "Signed difference" };

function canvasOf(image) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** The difference of two pictures, times `gain`: from black, or from grey where its sign is kept. */
export function difference(before, after, gain, signed) {
  const out = new ImageData(before.width, before.height);
  const [a, b, to] = [before.data, after.data, out.data];
  for (let i = 0; i < to.length; i += 4) {
    for (let c = i; c < i + 3; c++) {
      const d = (b[c] - a[c]) * gain;
      to[c] = signed ? 128 + d : Math.abs(d);
    }
    to[i + 3] = 255;
  }
  return out;
}

/** Mean absolute error and peak signal-to-noise ratio in decibels over R, G and B. */
export function figures(before, after) {
  const [a, b] = [before.data, after.data];
  let [absolute, squared] = [0, 0];
  for (let i = 0; i < a.length; i += 4) {
    for (let c = i; c < i + 3; c++) {
      const d = a[c] - b[c];
      absolute += Math.abs(d);
      squared += d * d;
    }
  }
  const samples = (a.length / 4) * 3;
  const psnr = squared === 0 ? Infinity : 10 * Math.log10((255 * 255 * samples) / squared);
  return { mae: absolute / samples, psnr };
}

export class Viewer {
  constructor(element) {
    this.element = element;
    element.classList.add("viewer");
    element.innerHTML = `
      <div class="viewer-bar" role="toolbar" aria-label="View">
        <span class="viewer-modes"></span>
        <label class="viewer-gain">&times; <select aria-label="Amplify the difference">
          <option>1</option><option>2</option><option selected>4</option><option>8</option><option>16</option>
        </select></label>
        <span class="viewer-space"></span>
        <button type="button" data-zoom="fit" title="Fit (0)">Fit</button>
        <button type="button" data-zoom="1" title="One to one (1)">1:1</button>
        <button type="button" data-zoom="8" title="Eight to one (8)">8:1</button>
        <button type="button" data-zoom="out" title="Zoom out (-)" aria-label="Zoom out">&minus;</button>
        <button type="button" data-zoom="in" title="Zoom in (+)" aria-label="Zoom in">+</button>
      </div>
      <div class="viewer-stage" tabindex="0" role="application"
           aria-label="Pictures: arrows move, plus and minus zoom, D shows the difference">
        <canvas></canvas>
        <span class="viewer-label viewer-before"></span>
        <span class="viewer-label viewer-after"></span>
        <div class="viewer-line" role="slider" tabindex="0" aria-label="Line between before and after"
             aria-valuemin="0" aria-valuemax="100"><i></i></div>
        <output class="viewer-readout"></output>
      </div>`;
    const find = (selector) => element.querySelector(selector);
    this.stage = find(".viewer-stage");
    this.canvas = find("canvas");
    this.line = find(".viewer-line");
    this.readout = find(".viewer-readout");
    this.gain = find("select");
    this.tags = [find(".viewer-before"), find(".viewer-after")];
    this.mode = "slider";
    this.split = 0.5;
    this.scale = 1;
    this.origin = [0, 0];
    this.fitted = true;
    this.pointers = new Map();
    this.#makeModes(find(".viewer-modes"));
    this.#listen();
  }

  /** Shows two pictures. Place and zoom stay, but for a picture of another size than a column or row cut off makes. */
  show({ before, after, labels }) {
    const differs = (side) => Math.abs(this.before[side] - before[side]) > 1;
    const resized = !this.before || differs("width") || differs("height");
    if (this.before !== before) this.beforeCanvas = canvasOf(before);
    if (this.after !== after) this.afterCanvas = canvasOf(after);
    [this.before, this.after] = [before, after];
    this.differenceKey = null;
    this.tags.forEach((tag, i) => (tag.textContent = labels[i]));
    if (resized || this.fitted) this.fit();
    this.draw();
  }

  setMode(mode) {
    this.mode = mode;
    for (const button of this.modeButtons) button.setAttribute("aria-pressed", button.dataset.mode === mode);
    this.element.dataset.mode = mode;
    this.draw();
  }

  /** Shows the whole picture. */
  fit() {
    if (!this.before) return;
    const [width, height] = this.#size();
    const { width: w, height: h } = this.before;
    this.scale = Math.min(width / w, height / h, 8) || 1;
    this.origin = [(width - w * this.scale) / 2, (height - h * this.scale) / 2];
    this.fitted = true;
    this.draw();
  }

  /** Sets the scale; the place of the stage at `at` stays where it is. */
  zoom(scale, at = this.#size().map((side) => side / 2)) {
    const next = Math.min(MOST_SCALE, Math.max(LEAST_SCALE, scale));
    this.origin = this.origin.map((origin, i) => at[i] - ((at[i] - origin) / this.scale) * next);
    this.scale = next;
    this.fitted = false;
    this.#keepInSight();
    this.draw();
  }

  move(dx, dy) {
    this.origin = [this.origin[0] + dx, this.origin[1] + dy];
    this.fitted = false;
    this.#keepInSight();
    this.draw();
  }

  setSplit(split) {
    this.split = Math.min(1, Math.max(0, split));
    this.draw();
  }

  draw() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      if (this.before) this.#paint();
    });
  }

  #size() {
    return [this.stage.clientWidth, this.stage.clientHeight];
  }

  #keepInSight() {
    if (!this.before) return;
    const sides = [this.before.width * this.scale, this.before.height * this.scale];
    const size = this.#size();
    this.origin = this.origin.map((origin, i) => Math.min(size[i] - 40, Math.max(40 - sides[i], origin)));
  }

  #paint() {
    const [width, height] = this.#size();
    const ratio = window.devicePixelRatio || 1;
    const { canvas } = this;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    }
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(ratio * this.scale, 0, 0, ratio * this.scale, ratio * this.origin[0], ratio * this.origin[1]);
    context.imageSmoothingEnabled = this.scale * ratio < PIXELS_FROM;
    const at = Math.round(this.split * width);
    if (this.mode === "slider") {
      const column = (at - this.origin[0]) / this.scale;
      this.#paintPart(context, this.beforeCanvas, 0, column);
      this.#paintPart(context, this.afterCanvas, column, this.before.width);
    } else {
      context.drawImage(this.#difference(), 0, 0);
    }
    this.line.style.left = `${at}px`;
    this.line.setAttribute("aria-valuenow", Math.round(100 * this.split));
    this.element.dataset.scale = this.scale;
  }

  /** Draws the columns `from..to` of the picture. */
  #paintPart(context, picture, from, to) {
    const { width, height } = this.before;
    const [left, right] = [Math.max(0, from), Math.min(width, to)];
    if (right <= left) return;
    context.save();
    context.beginPath();
    context.rect(left, 0, right - left, height);
    context.clip();
    context.drawImage(picture, 0, 0);
    context.restore();
  }

  #difference() {
    const gain = Number(this.gain.value);
    const key = `${this.mode} ${gain}`;
    if (this.differenceKey !== key) {
      this.differenceCanvas = canvasOf(difference(this.before, this.after, gain, this.mode === "signed"));
      this.differenceKey = key;
    }
    return this.differenceCanvas;
  }

  #makeModes(place) {
    this.modeButtons = MODES.map((mode) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = NAMES[mode];
      button.dataset.mode = mode;
      button.addEventListener("click", () => this.setMode(mode));
      place.append(button);
      return button;
    });
    this.setMode("slider");
    this.gain.addEventListener("change", () => this.draw());
  }

  #listen() {
    const { stage, line } = this;
    this.element.querySelectorAll("[data-zoom]").forEach((button) => {
      button.addEventListener("click", () => this.#zoomTo(button.dataset.zoom));
    });
    new ResizeObserver(() => (this.fitted ? this.fit() : this.draw())).observe(stage);
    stage.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(this.scale * Math.exp(-event.deltaY / 300), this.#at(event));
    }, { passive: false });
    stage.addEventListener("dblclick", (event) => {
      if (this.fitted) this.zoom(8, this.#at(event));
      else this.fit();
    });
    stage.addEventListener("pointerdown", (event) => this.#down(event));
    stage.addEventListener("pointermove", (event) => this.#moved(event));
    for (const end of ["pointerup", "pointercancel"]) {
      stage.addEventListener(end, (event) => this.pointers.delete(event.pointerId));
    }
    stage.addEventListener("pointerleave", () => (this.readout.textContent = ""));
    stage.addEventListener("keydown", (event) => this.#key(event));
    line.addEventListener("keydown", (event) => this.#lineKey(event));
  }

  #at(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #down(event) {
    if (event.button !== 0) return;
    const onLine = this.line.contains(event.target);
    this.pointers.set(event.pointerId, { at: this.#at(event), onLine });
    this.stage.setPointerCapture(event.pointerId);
    (onLine ? this.line : this.stage).focus({ preventScroll: true });
    event.preventDefault();
  }

  #moved(event) {
    const at = this.#at(event);
    this.#read(at);
    const pointer = this.pointers.get(event.pointerId);
    if (!pointer) return;
    const from = pointer.at;
    pointer.at = at;
    if (pointer.onLine) {
      this.setSplit(at[0] / this.#size()[0]);
    } else if (this.pointers.size === 2) {
      const [other] = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, { at }]) => at);
      const span = (a) => Math.hypot(a[0] - other[0], a[1] - other[1]) || 1;
      this.zoom((this.scale * span(at)) / span(from), [0, 1].map((i) => (at[i] + other[i]) / 2));
    } else {
      this.move(at[0] - from[0], at[1] - from[1]);
    }
  }

  /** Shows the pixel under the pointer. */
  #read(at) {
    if (!this.before) return;
    const [x, y] = at.map((place, i) => Math.floor((place - this.origin[i]) / this.scale));
    const { width, height } = this.before;
    if (x < 0 || y < 0 || x >= width || y >= height) {
      this.readout.textContent = "";
      return;
    }
    const pixel = ({ data }) => Array.from(data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)).join(" ");
    this.readout.textContent = `${x}, ${y}:  ${pixel(this.before)}  \u2192  ${pixel(this.after)}`;
  }

  #zoomTo(name) {
    if (name === "fit") this.fit();
    else if (name === "in") this.zoom(this.scale * Math.SQRT2);
    else if (name === "out") this.zoom(this.scale / Math.SQRT2);
    else this.zoom(Number(name));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 160 : 40;
    const actions = {
      ArrowLeft: () => this.move(step, 0),
      ArrowRight: () => this.move(-step, 0),
      ArrowUp: () => this.move(0, step),
      ArrowDown: () => this.move(0, -step),
      "+": () => this.#zoomTo("in"),
      "=": () => this.#zoomTo("in"),
      "-": () => this.#zoomTo("out"),
      0: () => this.fit(),
      1: () => this.zoom(1),
      8: () => this.zoom(8),
      d: () => this.setMode(MODES[(MODES.indexOf(this.mode) + 1) % MODES.length]),
    };
    const action = actions[event.key];
    if (!action) return;
    action();
    event.preventDefault();
  }

  #lineKey(event) {
    const step = event.shiftKey ? 0.1 : 0.01;
    const places = {
      ArrowLeft: this.split - step,
      ArrowRight: this.split + step,
      Home: 0,
      End: 1,
    };
    if (!(event.key in places)) return;
    this.setSplit(places[event.key]);
    event.preventDefault();
    event.stopPropagation();
  }
}
