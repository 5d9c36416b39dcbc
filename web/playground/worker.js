// Does the work beside the page, so that the page never freezes.

import { Compressor, FrameCompressionError } from "./package/index.js";

const compressor = Compressor.create("jpeg");

/** The picture without its last column or row, where their number is odd. */
function cropped(image) {
  const [width, height] = [image.width & ~1, image.height & ~1];
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    data.set(image.data.subarray(y * image.width * 4, (y * image.width + width) * 4), y * width * 4);
  }
  return new ImageData(data, width, height);
}

function applied(module, image) {
  try {
    return [module.apply(image), image];
  } catch (error) {
    const odd = error instanceof FrameCompressionError && error.kind === "OddSize";
    if (!odd || image.width < 2 || image.height < 2) throw error;
    const even = cropped(image);
    return [module.apply(even), even];
  }
}

let image;

self.addEventListener("message", async ({ data }) => {
  if (data.image) image = data.image;
  const { id, settings } = data;
  try {
    const module = await compressor;
    if (data.describe) {
      self.postMessage({ facts: module.describe() });
      return;
    }
    module.settings = settings;
    const start = performance.now();
    const [after, before] = applied(module, image);
    const milliseconds = performance.now() - start;
    const cut = before === image ? null : { width: before.width, height: before.height };
    self.postMessage({ id, settings, after, before: cut && before, cut, milliseconds }, [after.data.buffer]);
  } catch (error) {
    self.postMessage({ id, settings, error: error.message });
  }
});
