// The npm package in Node: `node web/tests/package.mjs` after `make npm`. Its pixels are compared with the checksums that
// the native library prints (`cargo run -p frame-compression-capi --example checksums`), given on standard input.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

const folder = new URL("../../target/npm/frame-compression/", import.meta.url);
const { Compressor, FrameCompressionError, applyCompressionArtifacts, applyRecipe, describe, settingsText } = await import(new URL("index.js", folder));

const [height, width] = [70, 122];

/** The picture of examples/checksums.rs, with an alpha that has to stay. */
function picture() {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const checker = (Math.floor(x / 8) + Math.floor(y / 8)) % 2;
    for (let c = 0; c < 3; c++) data[4 * i + c] = (Math.floor((x * y) / (c + 2)) + x * 3 + checker * 60) % 256;
    data[4 * i + 3] = i % 256;
  }
  return { width, height, data };
}

/** FNV-1a of R, G and B. */
function checksum({ data }) {
  let hash = 0x811c9dc5;
  data.forEach((byte, i) => {
    if (i % 4 !== 3) hash = Math.imul(hash ^ byte, 0x01000193);
  });
  return (hash >>> 0).toString(16).padStart(8, "0");
}

const native = (await readFile(process.env.CHECKSUMS, "utf8")).trim().split("\n").map((line) => line.split(" "));

test("the pixels are those of the native library", async () => {
  assert.ok(native.length >= 9);
  for (const [codec, crf, expected] of native) {
    const result = await applyCompressionArtifacts(picture(), { codec, crf: Number(crf) });
    assert.equal(checksum(result), expected, `${codec} ${crf}`);
    assert.ok(result.data.every((byte, i) => i % 4 !== 3 || byte === ((i - 3) / 4) % 256), "alpha");
  }
});

test("the plain module gives the same pixels", async () => {
  const module = await WebAssembly.compile(await readFile(new URL("frame_compression.wasm", folder)));
  const { exports } = await WebAssembly.instantiate(module, {});
  const plain = new Compressor(exports, "jpeg");
  assert.equal(plain.describe().simd, "scalar");
  for (const [codec, crf, expected] of native) {
    plain.settings = { codec, crf: Number(crf) };
    assert.equal(checksum(plain.apply(picture())), expected, `${codec} ${crf}`);
  }
});

test("vectors are used where there are any", async () => {
  assert.equal((await describe()).simd, "simd128");
});

test("the input is not changed, and a compressor serves many sizes", async () => {
  const compressor = await Compressor.create({ codec: "jpeg", quality: 5, subsampling: "444" });
  const image = picture();
  const before = image.data.slice();
  compressor.apply(image);
  assert.deepEqual(image.data, before);
  for (const side of [1, 300, 17]) {
    const flat = { width: side, height: side, data: new Uint8Array(side * side * 4).fill(128) };
    assert.equal(compressor.apply(flat).data.length, side * side * 4);
  }
});

test("what cannot be done is a typed error", async () => {
  const refused = async (image, settings, kind, text) => {
    await assert.rejects(applyCompressionArtifacts(image, settings), (error) => {
      assert.ok(error instanceof FrameCompressionError);
      assert.equal(error.kind, kind);
      assert.match(error.message, text);
      return true;
    });
  };
  const odd = { width: 3, height: 3, data: new Uint8Array(36) };
  await refused(odd, { codec: "h264" }, "OddSize", /3x3/);
  await refused(picture(), { codec: "h264", crf: 99 }, "InvalidCrf", /99/);
  await refused(picture(), { codec: "h264", preset: "betamax" }, "InvalidSetting", /betamax/);
  await refused(picture(), { codec: "jpeg", colour: 3 }, "UnsupportedSetting", /colour/);
  await refused({ width: 2, height: 2, data: new Uint8Array(3) }, { codec: "jpeg" }, "InvalidShape", /3 bytes/);
  await refused(null, "jpeg", "InvalidShape", /width/);
  await refused(picture(), {}, "InvalidSettings", /codec/);
});

test("settings are text in the end", () => {
  assert.equal(settingsText({ codec: "jpeg", quality: 40, subsampling: undefined }), "jpeg:quality=40");
  assert.equal(settingsText({ codec: "jpeg", quant_tables: [1, 2] }), "jpeg:quant_tables=1,2");
});

test("recipes draw what the command draws, and the picture is that of the drawn settings", async () => {
  const { recipes } = await describe();
  assert.ok(recipes.length >= 7 && recipes.every(({ shown, notCovered }) => notCovered.every((what) => shown.includes(what))));
  // As `--recipe real_esrgan --seed 7` draws for a.png; the seed is taken modulo 2^64.
  for (const seed of [7, 7n + 2n ** 64n]) {
    const { image, drawn } = await applyRecipe(picture(), "real_esrgan", { seed, key: "a.png" });
    assert.deepEqual(drawn, ["jpeg:quality=87.40338", "jpeg:quality=92.01132"]);
    let expected = picture();
    for (const settings of drawn) expected = await applyCompressionArtifacts(expected, settings);
    assert.deepEqual(image.data, expected.data);
  }
  const compressor = await Compressor.create("jpeg");
  const seen = new Set(Array.from({ length: 40 }, (_, seed) => compressor.draw("cnn_detection", { seed })[0]));
  assert.ok(seen.has(null) && seen.size > 10);
  await assert.rejects(applyRecipe(picture(), "none"), { kind: "InvalidSetting", message: /apisr/ });
});

// The lines that an example prints.
async function printed(page) {
  const [, code] = (await readFile(page, "utf8")).match(/```js\n([\s\S]*?)```/);
  const lines = [];
  const log = console.log;
  console.log = (...values) => lines.push(values.join(" "));
  try {
    const source = code.replace('"frame-compression"', JSON.stringify(new URL("index.js", folder).href));
    await import(`data:text/javascript,${encodeURIComponent(source)}`);
  } finally {
    console.log = log;
  }
  return lines;
}

test("the examples of the README and of the guide run", async () => {
  assert.deepEqual(await printed(new URL("README.md", folder)), ["64 48", String(64 * 48 * 4)]);
  assert.deepEqual(await printed(new URL("../../docs/web.md", import.meta.url)), [String(64 * 48 * 4)]);
});
