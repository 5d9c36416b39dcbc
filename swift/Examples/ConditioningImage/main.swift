// The start image of an image-to-video model, as LTX's own code prepares it: through one frame of H.264. The image is floats
// in [0, 1], R, G, B of a pixel side by side.
//
//     swift run --package-path swift conditioning-image

import FrameCompression

/// Puts LTX's H.264 into an image. `crf` is 18 for LTX-2.3 and later, 33 for LTX-2, 29 for LTX-Video.
///
/// LTX's call is the default; that of the command `ffmpeg` has `settings: ["like": "ffmpeg"]`.
func compress(_ pixels: inout [Float], height: Int, width: Int, crf: Float) throws {
    let compressor = try FrameCompressor(codec: .h264, strength: .crf(crf), valueRange: .unit)
    try pixels.withUnsafeMutableBufferPointer {
        try compressor.applyInPlace(to: $0, height: height, width: width)
    }
}

let (height, width) = (64, 96)
let original = (0..<height * width * 3).map { Float($0 * 37 % 256) / 255 }
var pixels = original
try compress(&pixels, height: height, width: width, crf: 33)
print("the first sample: \(original[0]) before, \(pixels[0]) after")
precondition(pixels != original, "noise does not come through unchanged")
precondition(pixels.allSatisfy { (0...1).contains($0) }, "samples stay in [0, 1]")
