//! Real clips, made by ffmpeg itself, through the whole way.
