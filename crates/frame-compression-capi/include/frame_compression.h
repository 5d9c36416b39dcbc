/*
 * frame-compression: real codec artifacts in images and clips. SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Made by cbindgen from crates/frame-compression-capi; do not edit.
 *
 * For every function:
 * - Memory is the caller's. Nothing is kept after a call but what fc_compressor_create and fc_clip_create made.
 * - Calls are synchronous and share nothing: any number of threads may be in them at once, as long as each has its own
 *   outputs, and its own compressor or clip.
 * - A result other than FC_OK is an error, and its text goes to `message`, cut to fit, always ended by a NUL; success
 *   leaves an empty text. 256 bytes hold most texts, 1024 all but those that repeat a long one of yours.
 * - Null and misaligned pointers, numbers that no enum has, and buffers that are too short are refused. That there really
 *   are `length` elements at a pointer, and that it is valid, is for the caller to see to.
 */


#ifndef FRAME_COMPRESSION_H
#define FRAME_COMPRESSION_H

#include <stddef.h>
#include <stdint.h>

/**
 * What a function answers. 1 to 99 are the errors of the library, from 101 those of the C interface alone. The numbers
 * stay as they are; new errors get new numbers.
 */
typedef enum fc_status {
    /**
     * Done.
     */
    FC_OK = 0,
    /**
     * The quality is not a number from 0 to 100.
     */
    FC_ERROR_INVALID_QUALITY = 1,
    /**
     * The CRF is not a number from 0 to 51.
     */
    FC_ERROR_INVALID_CRF = 2,
    /**
     * An entry of a quantisation table is not allowed.
     */
    FC_ERROR_INVALID_QUANT_TABLE = 3,
    /**
     * The image is not in main memory. Not given by this interface.
     */
    FC_ERROR_NOT_ON_CPU = 4,
    /**
     * The element type is none of `fc_element`.
     */
    FC_ERROR_INVALID_ELEMENT_TYPE = 5,
    /**
     * Height or width is 0.
     */
    FC_ERROR_INVALID_SHAPE = 6,
    /**
     * Height or width is over 16384, or over what the codec takes.
     */
    FC_ERROR_TOO_LARGE = 7,
    /**
     * The buffer has fewer elements than height, width and strides need, or fewer bytes than a text.
     */
    FC_ERROR_BUFFER_LENGTH = 8,
    /**
     * Strides with which elements of an output would share a place, or that leave the address space.
     */
    FC_ERROR_INVALID_STRIDES = 9,
    /**
     * The backend does not exist on this platform, or does not have this codec.
     */
    FC_ERROR_BACKEND_UNAVAILABLE = 11,
    /**
     * The codec does not have a setting that was given.
     */
    FC_ERROR_UNSUPPORTED_SETTING = 12,
    /**
     * Height or width is odd, and the codec is H.264 or H.265.
     */
    FC_ERROR_ODD_SIZE = 13,
    /**
     * Height or width is less than the codec takes.
     */
    FC_ERROR_TOO_SMALL = 14,
    /**
     * Planes of another chroma subsampling than the codec's. Not given by this interface.
     */
    FC_ERROR_INVALID_SUBSAMPLING = 15,
    /**
     * Input and output differ in height or width.
     */
    FC_ERROR_OUTPUT_SIZE = 16,
    /**
     * A sample is NaN or infinite.
     */
    FC_ERROR_NON_FINITE_SAMPLE = 17,
    /**
     * A call to the operating system's codec failed.
     */
    FC_ERROR_PLATFORM = 18,
    /**
     * A setting does not take the value given.
     */
    FC_ERROR_INVALID_SETTING = 19,
    /**
     * A pointer that has to point to something is null.
     */
    FC_ERROR_NULL_POINTER = 101,
    /**
     * A pointer is not aligned for what it points to.
     */
    FC_ERROR_MISALIGNED_POINTER = 102,
    /**
     * A number stands for none of the values of its enum.
     */
    FC_ERROR_INVALID_VALUE = 103,
    /**
     * Input and output share memory without being the same image.
     */
    FC_ERROR_OVERLAP = 104,
    /**
     * A defect of the library, stopped before it could reach the caller. Please report it.
     */
    FC_ERROR_PANIC = 105,
} fc_status;

/**
 * What `fc_settings.strength` means.
 */
typedef enum fc_strength {
    /**
     * Nothing: the text says the strength, or it is the default.
     */
    FC_STRENGTH_DEFAULT = 0,
    /**
     * A quality from 0 (worst) to 100 (best). H.264 and H.265 read it as CRF round((100 - q) / 100 * 51).
     */
    FC_STRENGTH_QUALITY = 1,
    /**
     * A CRF from 0 (best) to 51 (worst), fractions allowed. The other codecs read it as quality 100 - crf / 51 * 100.
     */
    FC_STRENGTH_CRF = 2,
} fc_strength;

/**
 * Which numbers of floating-point elements stand for black and white.
 */
typedef enum fc_value_range {
    /**
     * -1 to 1.
     */
    FC_RANGE_SIGNED_UNIT = 0,
    /**
     * 0 to 1.
     */
    FC_RANGE_UNIT = 1,
} fc_value_range;

/**
 * An element type.
 */
typedef enum fc_element {
    /**
     * `float`.
     */
    FC_ELEMENT_F32 = 1,
    /**
     * IEEE half precision, as its 16 bits.
     */
    FC_ELEMENT_F16 = 2,
    /**
     * bfloat16, as its 16 bits.
     */
    FC_ELEMENT_BF16 = 3,
    /**
     * `double`.
     */
    FC_ELEMENT_F64 = 4,
    /**
     * `uint8_t`: 0 to 255, whatever the value range.
     */
    FC_ELEMENT_U8 = 5,
} fc_element;

/**
 * A clip on its way through a codec: frames go in one by one, and come out as they are shown. Opaque.
 */
typedef struct fc_clip fc_clip;

/**
 * A codec with its settings and its memory, for many images. Opaque.
 */
typedef struct fc_compressor fc_compressor;

/**
 * What to do. All zero but the codec is a full set of defaults: `fc_settings settings = {.codec = "h264"};`
 */
typedef struct fc_settings {
    /**
     * The codec, and settings of it that are not to be as by default, each after a colon, as text ended by a NUL:
     * `"h264"`, `"h265:crf=23:preset=medium"`, `"jpeg:subsampling=444"`, `"h264:backend=videotoolbox"`. A setting that the
     * codec does not have is refused with the names of those that it has.
     */
    const char *codec;
    /**
     * One of `fc_strength`: what `strength` is.
     */
    uint32_t strength_kind;
    /**
     * How strongly to compress.
     */
    float strength;
    /**
     * One of `fc_value_range`, for inputs and outputs alike.
     */
    uint32_t value_range;
} fc_settings;

/**
 * An image in the caller's memory: height x width x 3 elements R, G, B, rows top to bottom. That is a tensor NHWC of
 * shape (1, height, width, 3); other orders of the dimensions are said by the strides.
 */
typedef struct fc_image {
    /**
     * The first element. Written through only where the image is an output.
     */
    void *elements;
    /**
     * How many elements there are at `elements`; may be more than needed.
     */
    size_t length;
    /**
     * One of `fc_element`.
     */
    uint32_t element_type;
    /**
     * Rows, 1 to 16384.
     */
    size_t height;
    /**
     * Columns, 1 to 16384.
     */
    size_t width;
    /**
     * Elements from a row to the next. All three strides 0: packed (3 * width, 3, 1).
     */
    size_t row_stride;
    /**
     * Elements from a column to the next.
     */
    size_t column_stride;
    /**
     * Elements from a channel to the next.
     */
    size_t channel_stride;
} fc_image;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The library's version, such as "0.1.0". Static memory; nothing to free.
 */
const char *fc_version(void);

/**
 * The name of a codec, for `fc_settings.codec`, by its number from 0; NULL past the last one. Static memory; nothing to
 * free.
 */
const char *fc_codec_name(size_t index);

/**
 * The name of a recipe, for `fc_recipe_draw`, by its number from 0; NULL past the last one. A recipe is the codec part of
 * a published training pipeline. Static memory; nothing to free.
 */
const char *fc_recipe_name(size_t index);

/**
 * What the recipe of a number says of itself, in several lines: what it draws and how often, which files of which
 * repository say so, what it does not cover, and what is done instead. NULL past the last one. Static memory; nothing to
 * free.
 */
const char *fc_recipe_description(size_t index);

/**
 * Draws from a recipe what to do with an image. The same recipe, seed and key always draw the same, which is what the
 * command draws with `--recipe`, `--seed` and a picture of this name below its input.
 *
 * Returns `FC_OK` or an error; `drawn` is then as it was.
 *
 * @param recipe        the recipe's name.
 * @param seed          any number.
 * @param key           what tells this image from the others of the seed, such as its file's name.
 * @param drawn         where the settings go, ended by a NUL: one line for each step, each ended by a line feed and in the
 *                      form of `fc_settings.codec`. To be applied in turn; a line is empty where its step leaves the image
 *                      as it is.
 * @param drawn_size    bytes at `drawn`; 512 hold every draw of the recipes that there are.
 * @param message       where the text of an error goes, or NULL.
 * @param message_size  bytes at `message`.
 *
 * # Safety
 * The pointers are null or point to what their types say, texts to characters ended by a NUL.
 */
int fc_recipe_draw(const char *recipe,
                   uint64_t seed,
                   const char *key,
                   char *drawn,
                   size_t drawn_size,
                   char *message,
                   size_t message_size);

/**
 * Puts the artifacts of a codec into an image: `output` becomes the picture that encoding `input` and decoding it would
 * have left. Input and output may be the same image, or of different element types and strides.
 *
 * Returns `FC_OK` or an error; `output` is then as it was.
 *
 * @param settings      codec, strength and the rest.
 * @param input         the image; it is only read, unless it is the output too.
 * @param output        where the result goes, of the same height and width.
 * @param message       where the text of an error goes, or NULL.
 * @param message_size  bytes at `message`.
 *
 * # Safety
 * The pointers are null or point to what their types say, texts to characters ended by a NUL.
 */
int fc_apply(const struct fc_settings *settings,
             const struct fc_image *input,
             const struct fc_image *output,
             char *message,
             size_t message_size);

/**
 * Makes a compressor: settings with the memory that coding needs, for many images. Faster than `fc_apply` for the
 * second image of a size and those after it.
 *
 * Returns `FC_OK` or an error; `*compressor` is then NULL.
 *
 * @param settings      codec, strength and the rest.
 * @param compressor    where the new compressor goes; to be given to `fc_compressor_free` once.
 * @param message       where the text of an error goes, or NULL.
 * @param message_size  bytes at `message`.
 *
 * # Safety
 * The pointers are null or point to what their types say, texts to characters ended by a NUL.
 */
int fc_compressor_create(const struct fc_settings *settings,
                         struct fc_compressor **compressor,
                         char *message,
                         size_t message_size);

/**
 * Puts the artifacts into an image, as `fc_apply` does, with the settings and the memory of a compressor.
 *
 * Returns `FC_OK` or an error; `output` is then as it was.
 *
 * @param compressor    from `fc_compressor_create`; used by one thread at a time.
 * @param input         the image; it is only read, unless it is the output too.
 * @param output        where the result goes, of the same height and width.
 * @param message       where the text of an error goes, or NULL.
 * @param message_size  bytes at `message`.
 *
 * # Safety
 * The pointers are null or point to what their types say, and no other call uses the compressor meanwhile.
 */
int fc_compressor_apply(struct fc_compressor *compressor,
                        const struct fc_image *input,
                        const struct fc_image *output,
                        char *message,
                        size_t message_size);

/**
 * Frees a compressor. NULL is allowed and does nothing.
 *
 * @param compressor    from `fc_compressor_create`, not freed before; not to be used after.
 *
 * # Safety
 * As said of `compressor`.
 */
void fc_compressor_free(struct fc_compressor *compressor);

/**
 * Makes a clip: frames are pushed one by one, and taken as they are shown. A video codec predicts frames from one
 * another, so that what it leaves of a clip is not what it leaves of each frame. JPEG, MJPEG, WebP, MPEG-2 and MPEG-4
 * treat each frame by itself.
 *
 * Returns `FC_OK` or an error; `*clip` is then NULL.
 *
 * @param settings      codec, strength and the rest, the frame rate too: `"h264:preset=veryfast:fps=25"`.
 * @param keyint        how many frames there are at most from one that stands for itself to the next, at least 1; below 0:
 *                      250, as in x264.
 * @param bframes       how many B frames there are at most in a row, 0 to 16; below 0: as many as the preset has.
 * @param clip          where the new clip goes; to be given to `fc_clip_free` once.
 * @param message       where the text of an error goes, or NULL.
 * @param message_size  bytes at `message`.
 *
 * # Safety
 * The pointers are null or point to what their types say, texts to characters ended by a NUL.
 */
int fc_clip_create(const struct fc_settings *settings,
                   int32_t keyint,
                   int32_t bframes,
                   struct fc_clip **clip,
                   char *message,
                   size_t message_size);

/**
 * Gives a clip its next frame. After it, `fc_clip_next` may have no frame, or several.
 *
 * Returns `FC_OK` or an error; the clip is then as it was. Settings that clips are not exact for are refused here.
 *
 * @param clip          from `fc_clip_create`; used by one thread at a time.
 * @param frame         the frame, of the size of those before it; it is only read.
 * @param message       where the text of an error goes, or NULL.
 * @param message_size  bytes at `message`.
 *
 * # Safety
 * The pointers are null or point to what their types say, and no other call uses the clip meanwhile.
 */
int fc_clip_push(struct fc_clip *clip,
                 const struct fc_image *frame,
                 char *message,
                 size_t message_size);

/**
 * Takes the next frame of a clip as it is shown, where there is one. To be called until there is none, after each
 * `fc_clip_push` and after `fc_clip_finish`.
 *
 * Returns `FC_OK` or an error; the frame is then kept, and `output` as it was.
 *
 * @param clip          from `fc_clip_create`; used by one thread at a time.
 * @param output        where the frame goes, of the clip's size.
 * @param taken         1 where a frame was written to `output`, otherwise 0.
 * @param message       where the text of an error goes, or NULL.
 * @param message_size  bytes at `message`.
 *
 * # Safety
 * The pointers are null or point to what their types say, and no other call uses the clip meanwhile.
 */
int fc_clip_next(struct fc_clip *clip,
                 const struct fc_image *output,
                 int *taken,
                 char *message,
                 size_t message_size);

/**
 * Ends a clip: its last frames can then be taken. The next frame pushed begins another clip, with the same memory.
 *
 * Returns `FC_OK` or an error.
 *
 * @param clip          from `fc_clip_create`; used by one thread at a time.
 * @param message       where the text of an error goes, or NULL.
 * @param message_size  bytes at `message`.
 *
 * # Safety
 * The pointers are null or point to what their types say, and no other call uses the clip meanwhile.
 */
int fc_clip_finish(struct fc_clip *clip,
                   char *message,
                   size_t message_size);

/**
 * Frees a clip, with the frames that nobody took. NULL is allowed and does nothing.
 *
 * @param clip          from `fc_clip_create`, not freed before; not to be used after.
 *
 * # Safety
 * As said of `clip`.
 */
void fc_clip_free(struct fc_clip *clip);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* FRAME_COMPRESSION_H */
