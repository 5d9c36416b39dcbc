//! What a WebP is coded with.

/// Settings of WebP lossy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WebP {
    /// 0 to 100.
    pub quality: f32,
    /// 0 to 6.
    pub method: u8,
    /// 0 to 100.
    pub sns_strength: u8,
    /// 0 to 100.
    pub filter_strength: u8,
    /// 0 to 7.
    pub filter_sharpness: u8,
    /// The simple filter.
    pub simple_filter: bool,
    /// 1 to 4.
    pub segments: u8,
}

impl Default for WebP {
    fn default() -> Self {
        Self {
            quality: 75.0,
            method: 4,
            sns_strength: 50,
            filter_strength: 60,
            filter_sharpness: 0,
            simple_filter: false,
            segments: 4,
        }
    }
}
