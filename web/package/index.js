// Exact codec artifacts in images. See README.md.

// A module of one function that uses a vector: an engine without vectors does not take it.
const WITH_VECTORS = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
);

/** Why a picture was refused. `kind` is the name of the library's error (`OddSize`), `code` its number. */
export class FrameCompressionError extends Error {
  constructor(kind, message, code) {
    super(message);
    this.name = "FrameCompressionError";
    this.kind = kind;
    this.code = code;
  }
}

async function read(url) {
  if (url.protocol !== "file:") return WebAssembly.compileStreaming(fetch(url));
  const { readFile } = await import("node:fs/promises");
  return WebAssembly.compile(await readFile(url));
}

let compiled;

/** The module, compiled once. */
function wasmModule() {
  const name = WebAssembly.validate(WITH_VECTORS) ? "frame_compression_simd.wasm" : "frame_compression.wasm";
  compiled ??= read(new URL(name, import.meta.url));
  // A download that failed may be tried again.
  compiled.catch(() => (compiled = undefined));
  return compiled;
}

/** Settings as the library's text: `{ codec: "h264", crf: 23 }` is `h264:crf=23`. */
export function settingsText(settings) {
  if (typeof settings === "string") return settings;
  if (settings === null || typeof settings !== "object" || typeof settings.codec !== "string") {
    throw new FrameCompressionError("InvalidSettings", 'settings have to be an object with a codec, such as { codec: "h264", crf: 23 }, or a text such as "h264:crf=23"', 0);
  }
  const { codec, ...rest } = settings;
  const given = Object.entries(rest).filter(([, value]) => value !== undefined && value !== null);
  return [codec, ...given.map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(",") : value}`)].join(":");
}

function checked(image) {
  const { data, width, height } = image ?? {};
  const bytes = data instanceof Uint8ClampedArray || data instanceof Uint8Array;
  if (!bytes || !Number.isInteger(width) || !Number.isInteger(height) || data.length !== width * height * 4) {
    const given = bytes ? `${data.length} bytes for ${width}x${height}` : typeof data;
    throw new FrameCompressionError("InvalidShape", `an image needs width, height and data of width * height * 4 bytes (R, G, B, A); given: ${given}`, 6);
  }
  return image;
}

/** One codec with its settings and its memory, for many images. Make it with `Compressor.create`. */
export class Compressor {
  #exports;
  #settings;

  /** Compiles the WebAssembly module if that has not been done yet. */
  static async create(settings) {
    const { exports } = await WebAssembly.instantiate(await wasmModule(), {});
    return new Compressor(exports, settings);
  }

  constructor(exports, settings) {
    this.#exports = exports;
    this.settings = settings;
  }

  get settings() {
    return this.#settings;
  }

  set settings(settings) {
    this.#settings = settingsText(settings);
  }

  /** The image with the codec's artifacts. Alpha stays; the image given is not changed. */
  apply(image) {
    const { data, width, height } = checked(image);
    const settings = new TextEncoder().encode(this.#settings);
    const { room, apply, memory } = this.#exports;
    const at = room(data.length + settings.length);
    new Uint8Array(memory.buffer, at, data.length).set(data);
    new Uint8Array(memory.buffer, at + data.length, settings.length).set(settings);
    this.#check(apply(width, height, settings.length));
    const result = new Uint8ClampedArray(data.length);
    result.set(new Uint8Array(memory.buffer, at, data.length));
    return typeof ImageData === "undefined" ? { data: result, width, height } : new ImageData(result, width, height);
  }

  /** What a recipe draws for the picture of a key: settings for each step, `null` where it leaves the picture as it is. */
  draw(recipe, { seed = 0, key = "" } = {}) {
    const [name, rest] = [recipe, key].map((text) => new TextEncoder().encode(text));
    const { room, draw, memory } = this.#exports;
    const at = room(name.length + rest.length);
    new Uint8Array(memory.buffer, at, name.length).set(name);
    new Uint8Array(memory.buffer, at + name.length, rest.length).set(rest);
    this.#check(draw(name.length, BigInt.asUintN(64, BigInt(seed))));
    return JSON.parse(this.#text());
  }

  /** What codecs there are and what they take, and what recipes. */
  describe() {
    this.#exports.describe();
    return JSON.parse(this.#text());
  }

  #check(code) {
    if (code === 0) return;
    const [kind, ...message] = this.#text().split("\n");
    throw new FrameCompressionError(kind, message.join("\n"), code);
  }

  #text() {
    const { text, text_length: length, memory } = this.#exports;
    return new TextDecoder().decode(new Uint8Array(memory.buffer, text(), length()));
  }
}

let made;

/** The compressor of the functions, made once. */
function shared() {
  made ??= Compressor.create("jpeg");
  made.catch(() => (made = undefined));
  return made;
}

/** Puts the artifacts of a codec into a copy of an image. */
export async function applyCompressionArtifacts(image, settings) {
  const text = settingsText(settings);
  checked(image);
  const compressor = await shared();
  compressor.settings = text;
  return compressor.apply(image);
}

/** Puts what a recipe draws for an image into a copy of it, and says what was drawn. */
export async function applyRecipe(image, recipe, { seed = 0, key = "" } = {}) {
  checked(image);
  const compressor = await shared();
  const drawn = compressor.draw(recipe, { seed, key });
  let result = image;
  for (const settings of drawn.filter((settings) => settings !== null)) {
    compressor.settings = settings;
    result = compressor.apply(result);
  }
  return { image: result, drawn };
}

/** What codecs and recipes there are, what they take, and which instructions they run on. */
export async function describe() {
  return (await shared()).describe();
}
