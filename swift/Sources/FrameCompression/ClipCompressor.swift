import CFrameCompression

/// A clip on its way through a codec: frames go in one by one, and come out as they are shown.
///
///     let clip = try ClipCompressor<UInt8>(codec: .h264, strength: .crf(28), settings: ["fps": "25"])
///     for frame in frames {
///         try clip.push(frame)
///         while let degraded = try clip.next() { show(degraded) }
///     }
///     try clip.finish()
///     while let degraded = try clip.next() { show(degraded) }
///
/// H.264 predicts frames from one another, so that a frame comes out once the codec has seen enough of those behind it. A long
/// clip needs memory for these alone. JPEG, MJPEG, WebP, MPEG-2 and MPEG-4 treat each frame by itself. Clips of H.265 are
/// refused.
///
/// One clip is used by one thread at a time; different ones may be used at once.
public final class ClipCompressor<Element: ImageElement> {
    private let handle: OpaquePointer
    /// Height and width of the frames so far.
    private var size: (height: Int, width: Int)?

    /// A clip.
    ///
    /// - Parameters:
    ///   - codec: The codec.
    ///   - strength: How strongly to compress; `nil` is what `settings` say, or CRF 29.
    ///   - settings: Settings of the codec that are not to be as by default, by name: `["preset": "medium", "fps": "25"]`.
    ///   - keyframeInterval: How many frames there are at most from one that stands for itself to the next; `nil` is 250.
    ///   - bFrames: How many B frames there are at most in a row, 0 to 16; `nil` is as many as the preset has.
    ///   - valueRange: Which numbers stand for black and white, for elements that are not `UInt8`.
    /// - Throws: `FrameCompressionError` of kind `.invalidQuality`, `.invalidCRF`, `.invalidSetting` or `.unsupportedSetting`.
    public init(
        codec: Codec,
        strength: Strength? = nil,
        settings: [String: String] = [:],
        keyframeInterval: Int? = nil,
        bFrames: Int? = nil,
        valueRange: ValueRange = .signedUnit
    ) throws {
        var created: OpaquePointer?
        let options = try [
            number(keyframeInterval, named: "keyframeInterval", in: 1...Int(Int32.max)),
            number(bFrames, named: "bFrames", in: 0...16),
        ]
        try withSettings(text(codec, settings), strength, valueRange) { numbers in
            try checked { fc_clip_create(numbers, options[0], options[1], &created, $0, $1) }
        }
        guard let created else {
            throw FrameCompressionError(kind: .other, description: "no clip was created")
        }
        handle = created
    }

    deinit {
        fc_clip_free(handle)
    }

    /// Gives the clip its next frame, of the size of those before. After it, `next()` may have no frame, or several. On an
    /// error the clip is as it was.
    ///
    /// - Throws: `FrameCompressionError`.
    public func push(_ frame: ImageTensor<Element>) throws {
        // The library only reads the frame, so that its elements need no copy.
        try frame.elements.withUnsafeBufferPointer { elements in
            var image = fc_image(
                UnsafeMutableBufferPointer(mutating: elements), height: frame.height, width: frame.width)
            try checked { fc_clip_push(handle, &image, $0, $1) }
        }
        size = (frame.height, frame.width)
    }

    /// The next frame as it is shown, `nil` where there is none yet. To be called until then, after each `push(_:)` and after
    /// `finish()`.
    ///
    /// - Throws: `FrameCompressionError`.
    public func next() throws -> ImageTensor<Element>? {
        guard let (height, width) = size else { return nil }
        let count = height * width * 3
        let elements = try [Element](unsafeUninitializedCapacity: count) { elements, initialised in
            let room = UnsafeMutableBufferPointer(rebasing: elements[..<count])
            var image = fc_image(room, height: height, width: width)
            var taken: Int32 = 0
            try checked { fc_clip_next(handle, &image, &taken, $0, $1) }
            initialised = taken == 0 ? 0 : count
        }
        return elements.isEmpty ? nil : try ImageTensor(elements, height: height, width: width)
    }

    /// Ends the clip: its last frames can then be taken. The next frame pushed begins another clip, with the same memory.
    ///
    /// - Throws: `FrameCompressionError`.
    public func finish() throws {
        try checked { fc_clip_finish(handle, $0, $1) }
    }

    /// All frames of a clip, from all that go in.
    ///
    /// - Throws: `FrameCompressionError`.
    public func apply(to frames: some Sequence<ImageTensor<Element>>) throws -> [ImageTensor<Element>] {
        var degraded: [ImageTensor<Element>] = []
        for frame in frames {
            try push(frame)
            while let frame = try next() { degraded.append(frame) }
        }
        try finish()
        while let frame = try next() { degraded.append(frame) }
        return degraded
    }
}

/// An option as the C library takes it: below 0 for what is not said.
private func number(_ value: Int?, named name: String, in allowed: ClosedRange<Int>) throws -> Int32 {
    guard let value else { return -1 }
    guard allowed.contains(value) else {
        throw FrameCompressionError(
            kind: .invalidSetting,
            description: "\(name) \(value) is not allowed: it has to be from \(allowed.lowerBound) to \(allowed.upperBound)")
    }
    return Int32(value)
}
