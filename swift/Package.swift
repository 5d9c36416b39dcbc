// swift-tools-version:5.9
import PackageDescription

// The package is the Swift face of the C library, which has to be installed: `make install-capi` in the repository puts
// it, its header and its pkg-config file below /usr/local; docs/c-and-swift.md tells how an app takes it in.
// With the static library, an app links what the C library uses of the system.
let apple = BuildSettingCondition.when(platforms: [.macOS, .iOS, .tvOS, .visionOS])
let frameworks = ["CoreFoundation", "CoreGraphics", "CoreMedia", "CoreVideo", "ImageIO", "VideoToolbox"]

let package = Package(
    name: "FrameCompression",
    platforms: [.macOS(.v11), .iOS(.v14)],
    products: [.library(name: "FrameCompression", targets: ["FrameCompression"])],
    targets: [
        .systemLibrary(name: "CFrameCompression", pkgConfig: "frame-compression"),
        .target(
            name: "FrameCompression",
            dependencies: ["CFrameCompression"],
            linkerSettings: frameworks.map { .linkedFramework($0, apple) } + [.linkedLibrary("objc", apple)]
        ),
        .executableTarget(
            name: "conditioning-image", dependencies: ["FrameCompression"], path: "Examples/ConditioningImage"),
        .testTarget(name: "FrameCompressionTests", dependencies: ["FrameCompression"]),
    ]
)
