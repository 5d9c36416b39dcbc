// Runs the C interface, built for wasm32-unknown-unknown, and prints the checksums of examples/checksums.rs.
//
//   node scripts/checks/run-wasm.mjs frame_compression_c.wasm

import { readFile } from "node:fs/promises";

const [height, width] = [70, 122];
const length = height * width * 3;

const { instance } = await WebAssembly.instantiate(await readFile(process.argv[2]), {});
const { memory, fc_apply, fc_codec_name } = instance.exports;

// Memory of the caller's, past all that the module has: settings, image, message, samples.
const pages = Math.ceil((length + 4096) / 65536);
const start = memory.grow(pages) * 65536;
const [settings, image, message, samples] = [start, start + 64, start + 128, start + 4096];
const messageSize = 256;

// The structs of frame_compression.h, where a pointer and a size_t have 4 bytes.
function write(at, values) {
  const view = new DataView(memory.buffer);
  for (const [i, [kind, value]] of values.entries()) view[`set${kind}`](at + 4 * i, value, true);
}
const u32 = (value) => ["Uint32", value];
const strengthIsCrf = 2;
const elementIsU8 = 5;


// A text of the module's memory, up to its NUL.
function text(at) {
  const bytes = new Uint8Array(memory.buffer, at);
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}

for (let i = 0, codec; (codec = fc_codec_name(i)) !== 0; i++) {
  const name = text(codec);
  for (const crf of [12, 29, 40]) {
    write(settings, [u32(codec), u32(strengthIsCrf), ["Float32", crf], u32(0)]);
    write(image, [samples, length, elementIsU8, height, width, 0, 0, 0].map(u32));
    let bytes = new Uint8Array(memory.buffer, samples, length);
    for (let i = 0; i < length; i++) {
      const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
      const checker = (Math.floor(x / 8) + Math.floor(y / 8)) % 2;
      bytes[i] = (Math.floor((x * y) / (c + 2)) + x * 3 + checker * 60) % 256;
    }
    const status = fc_apply(settings, image, image, message, messageSize);
    if (status !== 0) {
      throw new Error(`${name}: ${text(message)}`);
    }
    // The module may have grown its memory, which leaves earlier views behind.
    bytes = new Uint8Array(memory.buffer, samples, length);
    let hash = 0x811c9dc5;
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
    console.log(`${name} ${crf} ${(hash >>> 0).toString(16).padStart(8, "0")}`);
  }
}
