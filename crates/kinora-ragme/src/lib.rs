//! ragme
