// The playground: a picture, a codec and its settings, and what comes of them.

import { Viewer, figures } from "./viewer/viewer.js";

const SHIPPED = ["chelsea", "coffee", "rocket", "astronaut"];
const $ = (id) => document.getElementById(id);

const viewer = new Viewer($("viewer"));
const worker = new Worker("worker.js", { type: "module" });

const state = { facts: null, codec: null, values: {}, picture: null, name: "photo", result: null };

/** Requests: one at a time, and only the newest waits. */
const requests = { id: 0, running: false, waiting: false, newPicture: false };

function say(text) {
  $("message").textContent = text;
}

// Settings

const facts = (codec = state.codec) => state.facts.codecs.find(({ name }) => name === codec);

/** The settings that differ from the default, with the strength in any case. */
function chosen() {
  return facts().settings.flatMap((setting, i) => {
    const value = state.values[setting.name];
    if (value === undefined || value === "") return [];
    return i === 0 || value !== setting.default ? [[setting.name, value]] : [];
  });
}

function settingsText() {
  return [state.codec, ...chosen().map(([name, value]) => `${name}=${value}`)].join(":");
}

function readSettings(text) {
  const [codec, ...rest] = text.split(":");
  if (!facts(codec)) return false;
  choose(codec);
  for (const part of rest) {
    const [name, value] = part.split("=");
    if (value !== undefined && facts().settings.some((setting) => setting.name === name)) state.values[name] = value;
  }
  return true;
}

function choose(codec) {
  state.codec = codec;
  state.values = {};
  const [strength] = facts().settings;
  state.values[strength.name] = strength.default ?? String(strength.values.least);
}

/** The settings that a control is made for: the codec's own; quality and CRF of others follow from its strength. */
function shownSettings() {
  const all = facts().settings;
  return all.filter((setting, i) => i === 0 || !["quality", "crf"].includes(setting.name) && setting.values.kind !== "text");
}

function control(setting, first) {
  const label = document.createElement("label");
  label.className = "setting";
  const title = document.createElement("span");
  title.textContent = { crf: "CRF", fps: "Frames per second" }[setting.name] ?? setting.name.replaceAll("_", " ");
  label.title = `${setting.help}: ${setting.allowed}`;
  const set = (value) => {
    state.values[setting.name] = value;
    changed();
  };
  const now = state.values[setting.name] ?? setting.default ?? "";
  const { kind, least, most, names } = setting.values;
  if (kind === "choice") {
    const select = document.createElement("select");
    if (setting.default === null) select.append(new Option("default", ""));
    select.append(...names.map((name) => new Option(name, name)));
    select.value = now;
    select.addEventListener("change", () => set(select.value));
    label.append(title, select);
  } else {
    const slider = document.createElement("input");
    const number = document.createElement("input");
    slider.type = "range";
    number.type = "number";
    for (const input of [slider, number]) {
      [input.min, input.max, input.step] = [least, most, 1];
      input.value = now;
    }
    number.step = kind === "number" ? "any" : 1;
    number.setAttribute("aria-label", setting.name);
    slider.addEventListener("input", () => set((number.value = slider.value)));
    number.addEventListener("input", () => {
      slider.value = number.value;
      set(number.value);
    });
    label.append(title, number);
    if (first || most - least <= 1000) label.append(slider);
  }
  const help = document.createElement("small");
  help.textContent = setting.help;
  label.append(help);
  return label;
}

function showControls() {
  $("codecs").replaceChildren(...state.facts.codecs.map(({ name, shown, description }) => {
    const button = document.createElement("button");
    button.type = "button";
    button.role = "radio";
    button.ariaChecked = name === state.codec;
    button.textContent = shown;
    button.title = description;
    button.dataset.codec = name;
    button.addEventListener("click", () => {
      choose(name);
      showControls();
      changed();
    });
    return button;
  }));
  const { exactWith, description } = facts();
  $("exact").textContent = exactWith ? `${description}. The same pixels as ${exactWith}.` : description;
  $("settings").replaceChildren(...shownSettings().map((setting, i) => control(setting, i === 0)));
}

// The same elsewhere

const pythonClass = { h264: "H264", h265: "H265", jpeg: "Jpeg", webp: "WebP", mpeg2: "Mpeg2", mpeg4: "Mpeg4", mjpeg: "Mjpeg" };

function showLines() {
  const options = chosen();
  const command = options.map(([name, value]) => ` --${name.replaceAll("_", "-")} ${value}`).join("");
  const literal = (value) => (Number.isFinite(Number(value)) ? value : JSON.stringify(value));
  const python = options.map(([name, value]) => `${name}=${literal(value)}`).join(", ");
  const lines = {
    Command: `frame-compression apply ${state.name}.png -o out.png --codec ${state.codec}${command}`,
    Python: `apply_compression_artifacts(image, ${pythonClass[state.codec] ?? state.codec}(${python}))`,
    Rust: `FrameCompressor::new("${settingsText()}".parse::<Settings>()?).apply(&image)?`,
    JavaScript: `await applyCompressionArtifacts(image, "${settingsText()}")`,
  };
  $("lines").replaceChildren(...Object.entries(lines).map(([language, line]) => {
    const row = document.createElement("div");
    row.className = "line";
    const code = document.createElement("code");
    code.textContent = line;
    const copy = document.createElement("button");
    copy.type = "button";
    copy.textContent = "Copy";
    copy.setAttribute("aria-label", `Copy the line for ${language}`);
    copy.addEventListener("click", () => copyText(line, copy));
    const title = document.createElement("b");
    title.textContent = language;
    row.append(title, code, copy);
    return row;
  }));
}

async function copyText(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    say(`This browser does not let the page copy. The text: ${text}`);
  }
  setTimeout(() => (button.textContent = before), 1500);
}

// Work

function changed() {
  if (!state.facts) return;
  history.replaceState(null, "", `#${settingsText()}`);
  showLines();
  request();
}

function request() {
  if (!state.picture) return;
  if (requests.running) {
    requests.waiting = true;
    return;
  }
  requests.running = true;
  requests.waiting = false;
  document.body.dataset.busy = "yes";
  const message = { id: ++requests.id, settings: settingsText() };
  if (requests.newPicture) message.image = state.picture;
  requests.newPicture = false;
  worker.postMessage(message);
}

function answered({ settings, after, before, cut, milliseconds, error }) {
  requests.running = false;
  // A picture that came meanwhile is of another size than this answer.
  const outdated = requests.newPicture;
  if (requests.waiting) request();
  if (!requests.running) document.body.dataset.busy = "no";
  if (outdated) return;
  say(error ? `Not done: ${error}` : cut ? `This codec takes even sizes: cut to ${cut.width} x ${cut.height}.` : "");
  if (error) return;
  const original = before ?? state.picture;
  state.result = after;
  const { shown } = facts(settings.split(":")[0]);
  const label = [shown, ...settings.split(":").slice(1)].join(", ").replaceAll("=", " ");
  viewer.show({ before: original, after, labels: ["Original", label] });
  const { mae, psnr } = figures(original, after);
  const decibels = psnr === Infinity ? "no difference" : `PSNR ${psnr.toFixed(2)} dB`;
  $("figures").textContent =
    `${after.width} x ${after.height} \u00b7 ${decibels} \u00b7 mean error ${mae.toFixed(2)} \u00b7 ${milliseconds.toFixed(0)} ms`;
  document.body.dataset.settings = settings;
}

worker.addEventListener("message", ({ data }) => {
  if (data.facts) start(data.facts);
  else if (data.id === undefined && data.error) say(`WebAssembly could not be started: ${data.error}`);
  else answered(data);
});
worker.addEventListener("error", (event) => say(`The worker failed: ${event.message || "the module could not be loaded"}`));

// Pictures

async function open(blob, name) {
  try {
    const bitmap = await createImageBitmap(blob, { imageOrientation: "from-image", premultiplyAlpha: "none" });
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("too large for this browser");
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    state.picture = context.getImageData(0, 0, canvas.width, canvas.height);
  } catch (error) {
    say(`${name} cannot be shown: ${error.message || "this browser does not read it as a picture"}`);
    return;
  }
  state.name = name.replace(/\.[^.]*$/, "") || "photo";
  requests.newPicture = true;
  say("");
  changed();
}

async function openShipped(name) {
  try {
    const answer = await fetch(`images/${name}.png`);
    if (!answer.ok) throw new Error(answer.statusText);
    await open(await answer.blob(), `${name}.png`);
  } catch (error) {
    say(`${name} could not be loaded: ${error.message}`);
  }
}

function listen() {
  $("pictures").append(...SHIPPED.map((name) => {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.picture = name;
    button.title = name;
    button.innerHTML = `<img src="images/${name}.png" alt="${name}" width="64" height="48" loading="lazy">`;
    button.addEventListener("click", () => openShipped(name));
    return button;
  }));
  $("file").addEventListener("change", ({ target }) => {
    const [file] = target.files;
    if (file) open(file, file.name);
  });
  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.dataset.drop = "yes";
  });
  addEventListener("dragleave", () => (document.body.dataset.drop = "no"));
  addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.dataset.drop = "no";
    const [file] = event.dataTransfer.files;
    if (file) open(file, file.name);
  });
  addEventListener("paste", ({ clipboardData }) => {
    const file = [...clipboardData.files].find(({ type }) => type.startsWith("image/"));
    if (file) open(file, file.name || "pasted.png");
  });
  addEventListener("hashchange", () => {
    if (readSettings(decodeURIComponent(location.hash.slice(1)))) {
      showControls();
      changed();
    }
  });
  $("download").addEventListener("click", download);
  $("link").addEventListener("click", ({ target }) => copyText(location.href, target));
  $("controls").addEventListener("submit", (event) => event.preventDefault());
}

function download() {
  if (!state.result) return;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [state.result.width, state.result.height];
  canvas.getContext("2d").putImageData(state.result, 0, 0);
  canvas.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${state.name}-${state.codec}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }, "image/png");
}

function start(found) {
  state.facts = found;
  $("build").textContent = `version ${found.version}, ${found.simd}`;
  if (!readSettings(decodeURIComponent(location.hash.slice(1)))) choose(found.codecs[0].name);
  showControls();
  openShipped(SHIPPED[0]);
}

listen();
worker.postMessage({ describe: true });

// For the tests.
window.playground = { state, viewer, requests };
