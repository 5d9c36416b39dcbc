/** Pixels R, G, B, A, 8 bits each, row by row: what a canvas gives. */
export interface Image {
  readonly data: Uint8ClampedArray | Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A codec and its settings; `describe()` lists what each codec takes. */
export interface Settings {
  codec: "h264" | "h265" | "jpeg" | "webp" | "mpeg2" | "mpeg4" | "mjpeg" | (string & {});
  /** How much to keep, 0 (worst) to 100 (best), the same scale for every codec. */
  quality?: number;
  /** Constant rate factor, 0 (best) to 51 (worst). */
  crf?: number;
  [setting: string]: string | number | readonly number[] | null | undefined;
}

/** One setting of a codec. */
export interface SettingFacts {
  name: string;
  help: string;
  default: string | null;
  /** The values that it takes, in words. */
  allowed: string;
  values:
    | { kind: "number" | "whole"; least: number; most: number }
    | { kind: "choice"; names: string[] }
    | { kind: "text" };
}

/** The codec part of a published training pipeline. */
export interface RecipeFacts {
  name: string;
  description: string;
  /** Which files of which repository say so. */
  source: string;
  /** What the recipe leaves out, and what it does instead. */
  notCovered: string[];
  /** All of it, with what is drawn and how often, in several lines. */
  shown: string;
}

/** What a draw depends on. */
export interface Draw {
  /** Any whole number; 0 by default. */
  seed?: number | bigint;
  /** What tells the picture from the others of the seed, such as its file's name. */
  key?: string;
}

/** What codecs there are. */
export interface Facts {
  version: string;
  /** `simd128`, or `scalar` where the engine has no vectors. */
  simd: string;
  codecs: {
    name: string;
    shown: string;
    description: string;
    exactWith: string | null;
    settings: SettingFacts[];
  }[];
  recipes: RecipeFacts[];
}

/** Why a picture or a setting was refused. */
export class FrameCompressionError extends Error {
  /** The name of the library's error, such as `OddSize`. */
  readonly kind: string;
  readonly code: number;
}

/** A codec with its settings and its memory, for many images. */
export class Compressor {
  private constructor();
  static create(settings: Settings | string): Promise<Compressor>;
  /** The settings as text; may be set, as an object or as text. */
  get settings(): string;
  set settings(settings: Settings | string);
  /** The image with the codec's artifacts: `ImageData` where there is such a thing. Alpha stays. */
  apply(image: Image): ImageData & { data: Uint8ClampedArray };
  /**
   * What a recipe draws: settings for each of its steps, to be applied in turn, `null` where a step leaves the picture as
   * it is. The command draws the same with this seed for a picture of this name.
   */
  draw(recipe: string, draw?: Draw): (string | null)[];
  describe(): Facts;
}

/** Puts the artifacts of a codec into a copy of an image. */
export function applyCompressionArtifacts(image: Image, settings: Settings | string): Promise<ImageData>;

/** Puts what a recipe draws for an image into a copy of it, and says what was drawn. */
export function applyRecipe(
  image: Image,
  recipe: string,
  draw?: Draw,
): Promise<{ image: Image; drawn: (string | null)[] }>;

/** What codecs and recipes there are, what they take, and which instructions they run on. */
export function describe(): Promise<Facts>;

/** Settings as text: `{ codec: "h264", crf: 23 }` is `h264:crf=23`. */
export function settingsText(settings: Settings | string): string;
