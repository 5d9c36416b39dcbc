import FrameCompression
import XCTest

final class FrameCompressionTests: XCTestCase {
    /// Waves in red, a checkerboard of 8 in green, slopes in blue, in [-1, 1].
    private func pattern<Element: ImageElement>(
        height: Int = 256, width: Int = 256, _ convert: (Float) -> Element
    ) throws -> ImageTensor<Element> {
        var elements: [Element] = []
        for y in 0..<height {
            for x in 0..<width {
                let (u, v) = (Float(x) / Float(max(width - 1, 1)), Float(y) / Float(max(height - 1, 1)))
                elements.append(convert((sin(u * 40) + sin(v * 30)) / 2))
                elements.append(convert((x / 8 + y / 8).isMultiple(of: 2) ? 0.8 : -0.8))
                elements.append(convert(u + v - 1))
            }
        }
        return try ImageTensor(elements, height: height, width: width)
    }

    private func meanAbsoluteError(_ a: ImageTensor<Float>, _ b: ImageTensor<Float>) -> Float {
        zip(a.elements, b.elements).reduce(0) { $0 + abs($1.0 - $1.1) } / Float(a.elements.count)
    }

    private func assertKind(
        _ kind: FrameCompressionError.Kind, line: UInt = #line, _ body: () throws -> Void
    ) {
        XCTAssertThrowsError(try body(), line: line) { error in
            XCTAssertEqual((error as? FrameCompressionError)?.kind, kind, "\(error)", line: line)
            XCTAssertFalse("\(error)".isEmpty, line: line)
        }
    }

    func testALowerQualityKeepsLessOfThePicture() throws {
        let original = try pattern { $0 }
        for codec in Codec.allCases {
            let good = try applyCompressionArtifacts(to: original, codec: codec, quality: 95)
            let bad = try applyCompressionArtifacts(to: original, codec: codec, quality: 10)
            XCTAssertEqual(good.shape, [1, 256, 256, 3])
            XCTAssertTrue((good.elements + bad.elements).allSatisfy { abs($0) <= 1.0001 })
            let (goodError, badError) = (meanAbsoluteError(original, good), meanAbsoluteError(original, bad))
            XCTAssertGreaterThan(goodError, 0.0001, "\(codec)")
            XCTAssertGreaterThan(badError, goodError + 0.001, "\(codec)")
            XCTAssertLessThan(goodError, 0.2, "\(codec)")
        }
    }

    func testElementTypesAgreeOnTheSamePicture() throws {
        let bytes = try pattern(height: 48, width: 80) { UInt8((($0 + 1) * 127.5).rounded()) }
        let expected = try applyCompressionArtifacts(to: bytes, codec: .h264, quality: 43)
        let floats = try ImageTensor(bytes.elements.map { Float($0) * (2 / 255) - 1 }, height: 48, width: 80)
        let back = try applyCompressionArtifacts(to: floats, codec: .h264, quality: 43)
        XCTAssertEqual(back.elements.map { UInt8((($0 + 1) * 127.5).rounded()) }, expected.elements)
        let doubles = try ImageTensor(bytes.elements.map { Double($0) * (2 / 255) - 1 }, height: 48, width: 80)
        let doublesBack = try applyCompressionArtifacts(to: doubles, codec: .h264, quality: 43)
        XCTAssertEqual(doublesBack.elements.map { UInt8((($0 + 1) * 127.5).rounded()) }, expected.elements)
        #if !(os(macOS) && arch(x86_64))
        let halves = try ImageTensor(bytes.elements.map { Float16($0) / 255 }, height: 48, width: 80)
        let compressor = try FrameCompressor(codec: .h264, strength: .quality(43), valueRange: .unit)
        let halvesBack = try compressor.apply(to: halves)
        XCTAssertEqual(halvesBack.elements.map { UInt8((Float($0) * 255).rounded()) }, expected.elements)
        #endif
    }

    func testACompressorGivesWhatTheFunctionGives() throws {
        let compressor = try FrameCompressor(codec: .jpeg, strength: .quality(30))
        for (height, width) in [(64, 64), (33, 17), (1, 1), (64, 64)] {
            let image = try pattern(height: height, width: width) { $0 }
            let expected = try applyCompressionArtifacts(to: image, codec: .jpeg, quality: 30)
            XCTAssertEqual(try compressor.apply(to: image), expected)
        }
        XCTAssertEqual(compressor.codec, .jpeg)
    }

    func testTheImageGivenStaysAsItWas() throws {
        let image = try pattern(height: 32, width: 32) { $0 }
        let copy = image
        XCTAssertNotEqual(try applyCompressionArtifacts(to: image, codec: .h264, quality: 10), image)
        XCTAssertEqual(image, copy)
    }

    func testErrorsSayWhatWasGivenAndWhatIsAllowed() throws {
        let even = try pattern(height: 16, width: 16) { $0 }
        let odd = try pattern(height: 15, width: 16) { $0 }
        for codec in [Codec.h264, .h265] {
            assertKind(.oddSize) { _ = try applyCompressionArtifacts(to: odd, codec: codec, quality: 50) }
        }
        XCTAssertNoThrow(try applyCompressionArtifacts(to: odd, codec: .jpeg, quality: 50))
        for quality: Float in [-1, 100.5, .nan, .infinity] {
            assertKind(.invalidQuality) {
                _ = try applyCompressionArtifacts(to: even, codec: .h264, quality: quality)
            }
        }
        assertKind(.invalidCRF) { _ = try FrameCompressor(codec: .h264, strength: .crf(52)) }
        assertKind(.invalidShape) { _ = try ImageTensor<Float>([], height: 0, width: 4) }
        assertKind(.invalidShape) { _ = try ImageTensor<Float>([], height: 4, width: -4) }
        assertKind(.tooLarge) { _ = try ImageTensor<Float>([], height: 1, width: .max) }
        assertKind(.bufferLength) { _ = try ImageTensor<Float>([0, 0], height: 1, width: 1) }
        var notANumber = even
        notANumber.withUnsafeMutableElements { $0[5] = .nan }
        assertKind(.nonFiniteSample) {
            _ = try applyCompressionArtifacts(to: notANumber, codec: .jpeg, quality: 50)
        }
        do {
            _ = try applyCompressionArtifacts(to: even, codec: .h264, quality: 101)
            XCTFail("quality 101 was taken")
        } catch {
            XCTAssertEqual(
                error.localizedDescription,
                "quality 101 is not allowed: it has to be a finite number from 0 to 100")
        }
    }

    func testSettingsReachTheCodec() throws {
        let image = try pattern { $0 }
        let plain = try applyCompressionArtifacts(to: image, codec: .jpeg, quality: 30)
        let full = try applyCompressionArtifacts(to: image, codec: .jpeg, quality: 30, settings: ["subsampling": "444"])
        XCTAssertNotEqual(plain, full)
        let medium = ["crf": "33", "preset": "medium"]
        XCTAssertNoThrow(try FrameCompressor(codec: .h265, settings: medium).apply(to: image))
        assertKind(.unsupportedSetting) { _ = try FrameCompressor(codec: .h264, settings: ["subsampling": "444"]) }
        assertKind(.invalidSetting) { _ = try FrameCompressor(codec: .jpeg, settings: ["subsampling": "red"]) }
        XCTAssertEqual(Codec.allCases.map(\.rawValue), libraryCodecs)
    }

    func testTheBackendOfApple() throws {
        let image = try pattern { $0 }
        #if canImport(VideoToolbox)
        for codec in [Codec.h264, .jpeg] {
            let good = try applyCompressionArtifacts(to: image, codec: codec, quality: 95, settings: ["backend": "videotoolbox"])
            let bad = try applyCompressionArtifacts(to: image, codec: codec, quality: 10, settings: ["backend": "videotoolbox"])
            XCTAssertGreaterThan(meanAbsoluteError(image, good), 0.0001)
            XCTAssertGreaterThan(meanAbsoluteError(image, bad), meanAbsoluteError(image, good) + 0.001)
        }
        #else
        for codec in Codec.allCases {
            assertKind(.backendUnavailable) {
                _ = try applyCompressionArtifacts(to: image, codec: codec, quality: 50, settings: ["backend": "videotoolbox"])
            }
        }
        #endif
    }

    /// What an app with its own tensor type does: the artifacts if they can be had, the original if not.
    func testAnAppFallsBackToItsOriginal() throws {
        struct AppTensor: Equatable {
            var storage: [Float]
            var shape: [Int]

            func withCompressionArtifacts(codec: Codec, quality: Float) throws -> AppTensor {
                guard shape.count == 4, shape[0] == 1, shape[3] == 3 else { throw CancellationError() }
                let image = try ImageTensor(storage, height: shape[1], width: shape[2])
                let degraded = try applyCompressionArtifacts(to: image, codec: codec, quality: quality)
                return AppTensor(storage: degraded.elements, shape: shape)
            }
        }
        let conditioning = AppTensor(storage: try pattern(height: 32, width: 32) { $0 }.elements, shape: [1, 32, 32, 3])
        let degraded = (try? conditioning.withCompressionArtifacts(codec: .h264, quality: 43)) ?? conditioning
        XCTAssertNotEqual(degraded, conditioning)
        let odd = AppTensor(storage: [0, 0, 0], shape: [1, 1, 1, 3])
        XCTAssertEqual((try? odd.withCompressionArtifacts(codec: .h264, quality: 43)) ?? odd, odd)
    }

    func testManyThreadsAtOnce() throws {
        let image = try pattern(height: 64, width: 64) { $0 }
        let expected = try applyCompressionArtifacts(to: image, codec: .h264, quality: 20)
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            XCTAssertEqual(try? applyCompressionArtifacts(to: image, codec: .h264, quality: 20), expected)
        }
    }

    func testRecipesDrawAndApplyWhatTheySay() throws {
        XCTAssertGreaterThanOrEqual(Recipe.all.count, 7)
        let image = try pattern(height: 48, width: 64) { UInt8((($0 + 1) * 127.5).rounded()) }
        var left = 0
        for recipe in Recipe.all {
            XCTAssertTrue(recipe.description.hasPrefix(recipe.name + ":"), recipe.description)
            for seed in 0..<10 as Range<UInt64> {
                let (result, drawn) = try recipe.apply(to: image, seed: seed, key: "a.png")
                XCTAssertEqual(drawn, try recipe.draw(seed: seed, key: "a.png"))
                XCTAssertNotEqual(drawn.count, 0)
                left += drawn.filter { $0 == nil }.count
                var expected = image
                for settings in drawn.compactMap({ $0 }) {
                    expected = try FrameCompressor(settings: settings).apply(to: expected)
                }
                XCTAssertEqual(result.elements, expected.elements)
            }
        }
        XCTAssertGreaterThan(left, 0)
        // As the command draws with `--recipe real_esrgan --seed 7` for a.png.
        let drawn = try Recipe(named: "real_esrgan").draw(seed: 7, key: "a.png")
        XCTAssertEqual(drawn, ["jpeg:quality=87.40338", "jpeg:quality=92.01132"])
        assertKind(.invalidSetting) { _ = try Recipe(named: "none") }
        assertKind(.invalidSetting) { _ = try FrameCompressor(settings: "none") }
    }

    func testSettingsAsTextAreThoseByName() throws {
        let image = try pattern(height: 48, width: 64) { $0 }
        let byName = try FrameCompressor(codec: .h265, strength: .crf(23), settings: ["preset": "medium"])
        let byText = try FrameCompressor(settings: "h265:crf=23:preset=medium")
        XCTAssertEqual(byText.codec, .h265)
        XCTAssertEqual(try byText.apply(to: image), try byName.apply(to: image))
    }

    /// A pattern that moves two columns a frame.
    private func movingPattern(frames: Int, height: Int = 64, width: Int = 96) throws -> [ImageTensor<UInt8>] {
        let whole = try pattern(height: height, width: width + 2 * frames) { UInt8((($0 + 1) * 127.5).rounded()) }
        return try (0..<frames).map { frame in
            let rows = (0..<height).flatMap { y in
                let first = (y * whole.width + 2 * frame) * 3
                return whole.elements[first..<first + width * 3]
            }
            return try ImageTensor(rows, height: height, width: width)
        }
    }

    func testAClipComesOutFrameByFrame() throws {
        let frames = try movingPattern(frames: 40)
        let clip = try ClipCompressor<UInt8>(codec: .h264, strength: .crf(35), settings: ["fps": "25"])
        let degraded = try clip.apply(to: frames)
        XCTAssertEqual(degraded.count, frames.count)
        for (frame, degraded) in zip(frames, degraded) {
            XCTAssertEqual(degraded.shape, frame.shape)
            let error = zip(frame.elements, degraded.elements).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
            XCTAssertGreaterThan(error, 0)
            XCTAssertLessThan(error, 20 * frame.elements.count)
        }
        XCTAssertEqual(try clip.apply(to: frames), degraded, "the second clip of a compressor")
        // It is not what each frame by itself comes to.
        let image = try FrameCompressor(codec: .h264, strength: .crf(35), settings: ["fps": "25"])
        XCTAssertNotEqual(try frames.map { try image.apply(to: $0) }, degraded)
    }

    func testOptionsOfAClipCount() throws {
        let frames = try movingPattern(frames: 12)
        let plain = try ClipCompressor<UInt8>(codec: .h264, strength: .crf(30)).apply(to: frames)
        for options in [(4, nil), (nil, 0)] as [(Int?, Int?)] {
            let clip = try ClipCompressor<UInt8>(
                codec: .h264, strength: .crf(30), keyframeInterval: options.0, bFrames: options.1)
            XCTAssertNotEqual(try clip.apply(to: frames), plain)
        }
        assertKind(.invalidSetting) { _ = try ClipCompressor<UInt8>(codec: .h264, keyframeInterval: 0) }
        assertKind(.invalidSetting) { _ = try ClipCompressor<UInt8>(codec: .h264, bFrames: 17) }
    }

    func testFramesThatAreCodedByThemselves() throws {
        let frames = try movingPattern(frames: 3)
        for codec in [Codec.jpeg, .mjpeg, .webp, .mpeg2, .mpeg4] {
            let clip = try ClipCompressor<UInt8>(codec: codec, strength: .quality(30))
            let image = try FrameCompressor(codec: codec, strength: .quality(30))
            XCTAssertEqual(try clip.apply(to: frames), try frames.map { try image.apply(to: $0) }, "\(codec)")
        }
    }

    func testErrorsOfClipsLeaveTheClipAsItWas() throws {
        let frames = try movingPattern(frames: 6)
        let expected = try ClipCompressor<UInt8>(codec: .h264, strength: .crf(30)).apply(to: frames)
        let clip = try ClipCompressor<UInt8>(codec: .h264, strength: .crf(30))
        XCTAssertNil(try clip.next())
        try clip.push(frames[0])
        let other = try ImageTensor([UInt8](repeating: 9, count: 32 * 32 * 3), height: 32, width: 32)
        XCTAssertThrowsError(try clip.push(other))
        var degraded: [ImageTensor<UInt8>] = []
        for frame in frames.dropFirst() {
            try clip.push(frame)
            while let frame = try clip.next() { degraded.append(frame) }
        }
        try clip.finish()
        while let frame = try clip.next() { degraded.append(frame) }
        XCTAssertEqual(degraded, expected)
        XCTAssertThrowsError(try ClipCompressor<UInt8>(codec: .h265).push(frames[0]))
    }

    func testTheVersionIsANumber() {
        XCTAssertEqual(libraryVersion.split(separator: ".").count, 3)
    }
}
