// The report's page: chooses what the viewer shows, and draws the figures. `Viewer` comes from the shared viewer.

const data = JSON.parse(document.getElementById("data").textContent);
const find = (id) => document.getElementById(id);
const viewer = new Viewer(find("viewer"));
const shown = { picture: 0, setting: 0 };

const COLOURS = ["#d1495b", "#2e86ab", "#3a7d44", "#b8860b", "#7b4fa3", "#d97706", "#4a5568"];
const colourOf = (codec) => COLOURS[data.codecs.findIndex(({ name }) => name === codec) % COLOURS.length];
const FIGURES = [
  { key: "psnr_db", name: "PSNR", text: (value) => (value === null ? "equal" : `${value.toFixed(2)} dB`) },
  { key: "ssim", name: "SSIM", text: (value) => (value === null ? "-" : value.toFixed(4)) },
  { key: "mean_absolute_error", name: "MAE", text: (value) => value.toFixed(3) },
];

/** The pixels of an embedded PNG. */
const decoded = new Map();
function pixels(source) {
  if (!decoded.has(source)) {
    if (decoded.size > 24) decoded.delete(decoded.keys().next().value);
    decoded.set(source, decode(source));
  }
  return decoded.get(source);
}

async function decode(source) {
  const image = new Image();
  image.src = `data:image/png;base64,${source}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** Shows a picture with a setting's artifacts; the last call wins. */
async function show(picture, setting) {
  [shown.picture, shown.setting] = [picture, setting];
  const { name, original, results, piece, width, height } = data.pictures[picture];
  const result = results[setting];
  mark("pictures", picture);
  mark("choices", setting);
  for (const row of find("table").tBodies[0]?.rows ?? []) {
    row.ariaSelected = row.dataset.picture == picture && row.dataset.setting == setting;
  }
  find("figures").replaceChildren(
    ...FIGURES.map(({ key, name, text }) => {
      const value = result.metrics ? text(result.metrics[key]) : result.reason;
      return element("div", {}, element("dt", { textContent: name }), element("dd", { textContent: value }));
    }),
  );
  const whole = piece.width === width && piece.height === height;
  find("place").textContent = whole
    ? `${name}: ${width}×${height}, shown whole`
    : `${name}: ${width}×${height}, shown is the piece of ${piece.width}×${piece.height} at ${piece.x}, ${piece.y}`;
  const [before, after] = await Promise.all([pixels(original), pixels(result.image ?? original)]);
  if (shown.picture !== picture || shown.setting !== setting) return;
  viewer.show({ before, after, labels: ["original", result.image ? result.label : `${result.label}: not there`] });
  document.body.dataset.shown = `${picture} ${setting}`;
}

function mark(group, index) {
  find(group).querySelectorAll("button").forEach((button, i) => {
    button.ariaPressed = i === index;
    if (i === index) button.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
}

function makePictures() {
  data.pictures.forEach(({ name, original }, picture) => {
    const canvas = element("canvas", { width: 180, height: 120 });
    const button = element("button", { type: "button", title: name }, canvas, element("span", { textContent: name }));
    button.addEventListener("click", () => show(picture, shown.setting));
    find("pictures").append(button);
    pixels(original).then(({ width, height }) => {
      const image = new Image();
      image.onload = () => {
        const scale = Math.max(180 / width, 120 / height);
        canvas.getContext("2d").drawImage(image, (180 - width * scale) / 2, (120 - height * scale) / 2, width * scale, height * scale);
      };
      image.src = `data:image/png;base64,${original}`;
    });
  });
  find("pictures").hidden = data.pictures.length < 2;
}

function makeChoices() {
  const settings = data.pictures[0]?.results ?? [];
  for (const { name, shown: title } of data.codecs) {
    const group = element("div", {}, element("b", { textContent: title }));
    settings.forEach(({ codec, short, label }, setting) => {
      if (codec !== name) return;
      const button = element("button", { type: "button", textContent: short, title: label });
      button.addEventListener("click", () => show(shown.picture, setting));
      group.append(button);
    });
    if (group.childElementCount > 1) find("choices").append(group);
  }
}

/** A line for each codec: quality across, a figure up. */
function plot({ key, name }, points) {
  const [width, height, left, bottom, top, right] = [460, 280, 48, 30, 26, 12];
  const values = points.map((point) => point.metrics[key]).filter((value) => value !== null);
  const qualities = points.map(({ quality }) => quality);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const margin = (most - least) * 0.06 || 1;
  const range = (value, from, to, a, b) => a + ((value - from) / (to - from || 1)) * (b - a);
  const x = (quality) => range(quality, Math.min(...qualities), Math.max(...qualities), left, width - right);
  const y = (value) => range(value, least - margin, most + margin, height - bottom, top);
  const ticks = [0, 1, 2, 3, 4].map((i) => least + ((most - least) * i) / 4);
  const digits = most - least > 4 ? 0 : most - least > 0.4 ? 1 : 3;
  const grid = ticks.map((value) => `<line x1="${left}" x2="${width - right}" y1="${y(value)}" y2="${y(value)}"/>
    <text x="${left - 6}" y="${y(value) + 4}" text-anchor="end">${value.toFixed(digits)}</text>`);
  const steps = [...new Set(qualities)].map((quality) =>
    `<text x="${x(quality)}" y="${height - 10}" text-anchor="middle">${quality}</text>`);
  const lines = data.codecs.map((codec) => {
    const own = points.filter((point) => point.codec === codec.name && point.metrics[key] !== null);
    const path = own.map((point, i) => `${i ? "L" : "M"}${x(point.quality)},${y(point.metrics[key])}`).join("");
    const dots = own.map((point) => `<circle cx="${x(point.quality)}" cy="${y(point.metrics[key])}" r="3" fill="${colourOf(codec.name)}">
      <title>${codec.shown}, quality ${point.quality}: ${point.metrics[key].toFixed(4)}</title></circle>`);
    return `<path d="${path}" stroke="${colourOf(codec.name)}"/>${dots.join("")}`;
  });
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${name} against quality">
    <text x="${left}" y="16">${name} against quality</text>${grid.join("")}${steps.join("")}${lines.join("")}</svg>`;
}

/** The sweep of one picture, or the means over all. */
function sweepOf(picture) {
  if (picture !== "all") return data.pictures[picture].sweep;
  const groups = new Map();
  for (const point of data.pictures.flatMap(({ sweep }) => sweep)) {
    const key = `${point.codec} ${point.quality}`;
    groups.set(key, [...(groups.get(key) ?? []), point]);
  }
  return [...groups.values()].map((points) => {
    const mean = (key) => {
      const values = points.map(({ metrics }) => metrics[key]).filter((value) => value !== null);
      return values.length ? values.reduce((a, b) => a + b) / values.length : null;
    };
    const metrics = Object.fromEntries(FIGURES.map(({ key }) => [key, mean(key)]));
    return { codec: points[0].codec, quality: points[0].quality, metrics };
  });
}

function makePlots() {
  const draw = () => {
    const points = sweepOf(find("of").value);
    find("plots").innerHTML = points.length ? FIGURES.slice(0, 2).map((figure) => plot(figure, points)).join("") : "";
  };
  if (data.pictures.length > 1) find("of").append(new Option("all pictures (means)", "all"));
  data.pictures.forEach(({ name }, i) => find("of").append(new Option(name, i)));
  find("of").addEventListener("change", draw);
  find("legend").append(...data.codecs.map(({ name, shown }) => {
    const line = element("i");
    line.style.background = colourOf(name);
    return element("span", {}, line, shown);
  }));
  if (!data.pictures.some(({ sweep }) => sweep.length)) find("of").closest("section").hidden = true;
  draw();
}

function makeTable() {
  const rows = data.pictures.flatMap(({ name, results }, picture) =>
    results.map((result, setting) => ({ picture, setting, cells: [name, result.label, ...FIGURES.map(({ key }) => result.metrics?.[key] ?? null)] })));
  const table = find("table");
  const body = element("tbody");
  const order = { column: -1, up: true };
  const fill = () => {
    const sorted = [...rows];
    if (order.column >= 0) {
      const sign = order.up ? 1 : -1;
      sorted.sort(({ cells: a }, { cells: b }) => {
        const [x, y] = [a[order.column] ?? Infinity, b[order.column] ?? Infinity];
        return sign * (typeof x === "string" ? x.localeCompare(y, undefined, { numeric: true }) : x - y || 0);
      });
    }
    body.replaceChildren(...sorted.map(({ picture, setting, cells }) => {
      const row = element("tr", { tabIndex: 0 });
      Object.assign(row.dataset, { picture, setting });
      row.ariaSelected = picture === shown.picture && setting === shown.setting;
      cells.forEach((cell, i) => {
        const textOf = i < 2 ? String : FIGURES[i - 2].text;
        const missing = i >= 2 && !data.pictures[picture].results[setting].metrics;
        row.append(element("td", { textContent: missing ? "-" : textOf(cell) }));
      });
      row.addEventListener("click", () => show(picture, setting));
      row.addEventListener("keydown", ({ key }) => key === "Enter" && show(picture, setting));
      return row;
    }));
  };
  const head = element("tr");
  ["picture", "setting", ...FIGURES.map(({ name }) => name)].forEach((name, column) => {
    const button = element("button", { type: "button", textContent: name });
    const cell = element("th", {}, button);
    button.addEventListener("click", () => {
      order.up = order.column === column ? !order.up : true;
      order.column = column;
      head.querySelectorAll("th").forEach((other) => (other.ariaSort = "none"));
      cell.ariaSort = order.up ? "ascending" : "descending";
      fill();
    });
    head.append(cell);
  });
  table.append(element("thead", {}, head), body);
  fill();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLSelectElement) return;
  const settings = data.pictures[shown.picture]?.results.length ?? 0;
  const around = (value, count) => (value + count) % count;
  if (event.key === "]" || event.key === "[") {
    show(shown.picture, around(shown.setting + (event.key === "]" ? 1 : -1), settings));
  } else if (event.key === ">" || event.key === "<") {
    show(around(shown.picture + (event.key === ">" ? 1 : -1), data.pictures.length), shown.setting);
  }
});

find("about").textContent = data.about;
find("failures").append(...data.failures.map((failure) => element("p", { textContent: failure })));
makePictures();
makeChoices();
makeTable();
makePlots();
if (data.pictures.length) show(0, 0);
else find("viewer").hidden = true;
