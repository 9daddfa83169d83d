//! Pictures to films: views, compositor, text, saliency, the ffmpeg encoder pipe.
