import CFrameCompression

/// The codec part of a published training pipeline: what it compresses with, how strongly, and how often.
///
///     let (degraded, drawn) = try Recipe(named: "apisr").apply(to: image, seed: 7, key: "photo.png")
///     print(drawn)                          // [Optional("webp:quality=83:method=6"), Optional("h264:crf=35:...")]
///
/// A recipe covers the codecs alone. Blur, noise and scaling, which pipelines do between the steps, are the caller's: `draw`
/// gives the settings, and `FrameCompressor(settings:)` takes each.
public struct Recipe: Sendable, CustomStringConvertible {
    /// What it is called.
    public let name: String
    /// What it draws and how often, which files of which repository say so, and what it does not cover: several lines.
    public let description: String

    /// Every recipe.
    public static let all: [Recipe] = sequence(first: 0) { $0 + 1 }.lazy
        .map { (fc_recipe_name($0), fc_recipe_description($0)) }
        .prefix { $0.0 != nil }
        .map { Recipe(name: String(cString: $0.0!), description: String(cString: $0.1!)) }

    init(name: String, description: String) {
        self.name = name
        self.description = description
    }

    /// The recipe of this name.
    ///
    /// - Throws: `FrameCompressionError` of kind `.invalidSetting`, which names the recipes that there are.
    public init(named name: String) throws {
        guard let known = Recipe.all.first(where: { $0.name == name }) else {
            let names = Recipe.all.map(\.name).joined(separator: ", ")
            throw FrameCompressionError(
                kind: .invalidSetting, description: "recipe \(name) is not allowed: \(names)")
        }
        self = known
    }

    /// Draws what to do with an image: settings for each step, `nil` where the step leaves the image as it is. The command
    /// draws the same with this seed for a picture of this name.
    ///
    /// - Parameters:
    ///   - seed: Any number.
    ///   - key: What tells the image from the others of the seed, such as its file's name.
    public func draw(seed: UInt64, key: String) throws -> [String?] {
        let lines = try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { drawn -> String in
            try checked { fc_recipe_draw(name, seed, key, drawn.baseAddress, drawn.count, $0, $1) }
            return drawn.baseAddress.map { String(cString: $0) } ?? ""
        }
        return lines.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .map { $0.isEmpty ? nil : String($0) }
    }

    /// The image with what `draw` gives, one step after another, and what was drawn.
    ///
    /// - Throws: `FrameCompressionError`.
    public func apply<Element>(
        to image: ImageTensor<Element>, seed: UInt64, key: String, valueRange: ValueRange = .signedUnit
    ) throws -> (image: ImageTensor<Element>, drawn: [String?]) {
        let drawn = try draw(seed: seed, key: key)
        let result = try drawn.compactMap { $0 }.reduce(image) { image, settings in
            try FrameCompressor(settings: settings, valueRange: valueRange).apply(to: image)
        }
        return (result, drawn)
    }
}
