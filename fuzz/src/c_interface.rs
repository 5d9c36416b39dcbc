//! Calls of the C interface that a fuzzer makes up: whatever numbers they hold, as long as there are as many elements as they say.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;

use arbitrary::Arbitrary;
use frame_compression_c::{
    fc_apply, fc_clip, fc_clip_create, fc_clip_finish, fc_clip_free, fc_clip_next, fc_clip_push,
    fc_compressor, fc_compressor_apply, fc_compressor_create, fc_compressor_free, fc_image, fc_recipe_draw,
    fc_settings,
};

/// Calls of each function.
#[derive(Debug, Arbitrary)]
pub struct CCalls {
    codec: Text,
    strength_kind: Number,
    strength: f32,
    value_range: Number,
    input: Image,
    output: Image,
    in_place: bool,
    message: u8,
    keyint: i32,
    bframes: i32,
    recipe: Text,
    seed: u64,
    drawn: u8,
}

/// Settings that there are, or any text.
#[derive(Debug, Arbitrary)]
enum Text {
    Known(u8),
    Any(Vec<u8>),
}

/// One that there may be, or any.
#[derive(Debug, Arbitrary)]
enum Number {
    Small(u8),
    Any(u32),
}

impl Number {
    fn value(&self) -> u32 {
        match self {
            Number::Small(small) => u32::from(small % 7),
            Number::Any(any) => *any,
        }
    }
}

#[derive(Debug, Arbitrary)]
struct Image {
    element: Number,
    size: Size,
    bytes: Vec<u8>,
    /// Elements that the buffer has beyond what a packed picture needs, or lacks.
    spare: i8,
    misaligned: bool,
    is_null: bool,
}

#[derive(Debug, Arbitrary)]
enum Size {
    Packed { width: u8, height: u8 },
    Strided { width: u8, height: u8, row: u16, column: u8, channel: u8 },
    Any { width: usize, height: usize, row: usize, column: usize, channel: usize },
}

const KNOWN: [&CStr; 12] = [
    c"h264",
    c"h265:preset=ultrafast",
    c"jpeg",
    c"webp",
    c"mpeg2",
    c"mpeg4",
    c"mjpeg",
    c"h264:preset=ultrafast",
    c"jpeg:subsampling=444",
    c"h264:preset=medium:fps=30",
    c"apisr",
    c"wtp",
];

impl Text {
    fn text(&self) -> CString {
        match self {
            Text::Known(number) => KNOWN[usize::from(*number) % KNOWN.len()].to_owned(),
            Text::Any(bytes) => CString::new(bytes.iter().copied().filter(|&b| b != 0).collect::<Vec<_>>())
                .unwrap_or_default(),
        }
    }
}

/// An image with the memory behind it: 8 bytes for each element, aligned for any.
struct Held {
    memory: Vec<u64>,
    image: fc_image,
}

impl Image {
    fn hold(&self) -> Held {
        let (height, width, row_stride, column_stride, channel_stride) = match self.size {
            Size::Packed { width, height } => (usize::from(height % 80), usize::from(width % 80), 0, 0, 0),
            Size::Strided { width, height, row, column, channel } => {
                (usize::from(height % 24), usize::from(width % 24), row.into(), column.into(), channel.into())
            }
            Size::Any { width, height, row, column, channel } => (height, width, row, column, channel),
        };
        // No more than memory has, and little where the sides are anything.
        let needed = height.saturating_mul(width).saturating_mul(3).min(3 * 80 * 80);
        let length = needed.saturating_add_signed(self.spare.into());
        let bytes = self.bytes.iter().copied().chain([0x3f]).cycle();
        let mut bytes = bytes.take((length + 1) * 8);
        let word = |_| u64::from_le_bytes([0; 8].map(|_: u8| bytes.next().unwrap_or_default()));
        let mut memory: Vec<u64> = (0..=length).map(word).collect();
        let start = memory.as_mut_ptr().cast::<u8>().wrapping_add(usize::from(self.misaligned));
        let elements = if self.is_null { ptr::null_mut() } else { start.cast::<c_void>() };
        let element_type = self.element.value();
        let image = fc_image {
            elements,
            length,
            element_type,
            height,
            width,
            row_stride,
            column_stride,
            channel_stride,
        };
        Held { memory, image }
    }
}

/// The room for an error's text, with a byte behind it that has to stay.
struct Message {
    room: Vec<c_char>,
}

impl Message {
    const BEHIND: c_char = 0x55;

    fn new(size: u8) -> Self {
        Self { room: vec![Self::BEHIND; usize::from(size) + 1] }
    }

    fn size(&self) -> usize {
        self.room.len() - 1
    }

    /// After a call that answered `status`: a text where there is an error, none where there is not.
    fn check(&self, status: c_int) {
        assert!((0..=104).contains(&status), "status {status}");
        assert_eq!(self.room[self.size()], Self::BEHIND);
        if let Some(end) = self.room[..self.size()].iter().position(|&c| c == 0) {
            assert!(self.size() == 1 || (end > 0) == (status != 0), "text of status {status}");
        } else {
            assert_eq!(self.size(), 0, "a text without an end");
        }
    }
}

impl CCalls {
    /// Makes the calls and checks what comes of them.
    pub fn check(&self) {
        let codec = self.codec.text();
        let settings = fc_settings {
            codec: codec.as_ptr(),
            strength_kind: self.strength_kind.value(),
            strength: self.strength,
            value_range: self.value_range.value(),
        };
        let single = self.image_calls(|input, output, message| {
            // SAFETY: settings, images and message are whole, and nothing else uses them.
            unsafe { fc_apply(&raw const settings, input, output, message.room.as_mut_ptr(), message.size()) }
        });
        assert_eq!(single, self.compressor_calls(&settings), "a compressor gives something else");
        self.clip_calls(&settings);
        self.recipe_call();
    }

    /// One call over the images: its status and the output's memory, which an error has to leave as it was.
    fn image_calls(
        &self,
        call: impl FnOnce(*const fc_image, *const fc_image, &mut Message) -> c_int,
    ) -> (c_int, Vec<u64>) {
        let input = self.input.hold();
        let output = self.output.hold();
        let mut message = Message::new(self.message);
        let target = if self.in_place { &input } else { &output };
        let before = target.memory.clone();
        let status = call(&raw const input.image, &raw const target.image, &mut message);
        message.check(status);
        if status != 0 {
            assert_eq!(target.memory, before, "an error has written");
        }
        (status, target.memory.clone())
    }

    fn compressor_calls(&self, settings: &fc_settings) -> (c_int, Vec<u64>) {
        let mut compressor: *mut fc_compressor = ptr::null_mut();
        let mut message = Message::new(self.message);
        // SAFETY: the pointers are whole.
        let status = unsafe {
            fc_compressor_create(settings, &raw mut compressor, message.room.as_mut_ptr(), message.size())
        };
        message.check(status);
        assert_eq!(status == 0, !compressor.is_null());
        if status != 0 {
            // What a call without a compressor would have answered.
            return self.image_calls(|input, output, message| {
                // SAFETY: as above.
                unsafe { fc_apply(settings, input, output, message.room.as_mut_ptr(), message.size()) }
            });
        }
        let mut last = None;
        for _ in 0..2 {
            let this = self.image_calls(|input, output, message| {
                // SAFETY: the compressor was made above and is used here alone.
                unsafe {
                    fc_compressor_apply(compressor, input, output, message.room.as_mut_ptr(), message.size())
                }
            });
            assert!(last.is_none_or(|last| last == this), "the second call gives something else");
            last = Some(this);
        }
        // SAFETY: it is freed once, and not used after.
        unsafe { fc_compressor_free(compressor) };
        last.unwrap_or_default()
    }

    fn clip_calls(&self, settings: &fc_settings) {
        let mut clip: *mut fc_clip = ptr::null_mut();
        let mut message = Message::new(self.message);
        // SAFETY: the pointers are whole.
        let status = unsafe {
            fc_clip_create(
                settings,
                self.keyint,
                self.bframes,
                &raw mut clip,
                message.room.as_mut_ptr(),
                message.size(),
            )
        };
        message.check(status);
        assert_eq!(status == 0, !clip.is_null());
        if status != 0 {
            return;
        }
        let mut pushed = 0;
        let mut taken = 0;
        for _ in 0..3 {
            let frame = self.input.hold();
            // SAFETY: the clip was made above and is used here alone.
            let status = unsafe {
                fc_clip_push(clip, &raw const frame.image, message.room.as_mut_ptr(), message.size())
            };
            message.check(status);
            pushed += u32::from(status == 0);
        }
        // SAFETY: as above.
        let status = unsafe { fc_clip_finish(clip, message.room.as_mut_ptr(), message.size()) };
        message.check(status);
        loop {
            let mut output = self.input.hold();
            output.image.element_type = 5;
            let mut was_taken = 0;
            // SAFETY: as above.
            let status = unsafe {
                fc_clip_next(
                    clip,
                    &raw const output.image,
                    &raw mut was_taken,
                    message.room.as_mut_ptr(),
                    message.size(),
                )
            };
            message.check(status);
            if status != 0 || was_taken == 0 {
                // An output in which elements share a place is refused, and so its frames stay.
                assert!(status != 0 || taken == pushed, "{taken} frames of {pushed}");
                break;
            }
            taken += 1;
        }
        // SAFETY: it is freed once, and not used after.
        unsafe { fc_clip_free(clip) };
    }

    fn recipe_call(&self) {
        let (recipe, key) = (self.recipe.text(), self.codec.text());
        let mut drawn = vec![Message::BEHIND; usize::from(self.drawn) + 1];
        let mut message = Message::new(self.message);
        // SAFETY: the texts have ends, and the rooms are as long as is said.
        let status = unsafe {
            fc_recipe_draw(
                recipe.as_ptr(),
                self.seed,
                key.as_ptr(),
                drawn.as_mut_ptr(),
                drawn.len() - 1,
                message.room.as_mut_ptr(),
                message.size(),
            )
        };
        message.check(status);
        assert_eq!(drawn[drawn.len() - 1], Message::BEHIND);
        assert_eq!(status == 0, drawn.len() > 1 && drawn[..drawn.len() - 1].contains(&0));
    }
}
