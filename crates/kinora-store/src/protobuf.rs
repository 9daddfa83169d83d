//! The protobuf wire format, as far as ONNX graphs (onnx.proto3) need it. Reads in place.

use std::ops::Range;

/// Field of a model that holds its graph.
pub(crate) const MODEL_GRAPH: u64 = 7;

/// The graph is not of the known form.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct GraphError(String);

/// A string.
pub(crate) fn text(model: &[u8], span: Range<usize>) -> Result<&str, GraphError> {
    std::str::from_utf8(&model[span]).map_err(|_| broken("a name is not UTF-8"))
}

pub(crate) fn broken(why: &str) -> GraphError {
    GraphError(why.to_owned())
}

/// One field of a message: its number with its bytes (length-delimited) or its value (varint).
pub(crate) struct Field {
    pub number: u64,
    /// Where the field begins, its key included.
    pub start: usize,
    /// The first byte after it.
    pub end: usize,
    pub span: Range<usize>,
    pub value: u64,
}

/// Reads the protobuf wire format.
pub(crate) struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl Fields<'_> {
    /// The fields of the message that fills `span`.
    ///
    /// # Errors
    /// If a field leaves the span, or has an unknown type.
    pub(crate) fn all(bytes: &[u8], span: Range<usize>) -> Result<Vec<Field>, GraphError> {
        let mut reader = Fields { bytes, at: span.start, end: span.end };
        let mut fields = Vec::new();
        while reader.at < reader.end {
            fields.push(reader.next()?);
        }
        Ok(fields)
    }

    fn next(&mut self) -> Result<Field, GraphError> {
        let start = self.at;
        let key = self.varint()?;
        let mut field = Field { number: key >> 3, start, end: start, span: 0..0, value: 0 };
        match key & 7 {
            0 => field.value = self.varint()?,
            1 => field.span = self.take(8)?,
            2 => {
                let length = self.varint()?;
                field.span = self.take(length)?;
            }
            5 => field.span = self.take(4)?,
            kind => return Err(broken(&format!("wire type `{kind}` is not known"))),
        }
        field.end = self.at;
        Ok(field)
    }

    fn varint(&mut self) -> Result<u64, GraphError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let at = self.take(1)?.start;
            value |= u64::from(self.bytes[at] & 0x7f) << shift;
            if self.bytes[at] < 0x80 {
                return Ok(value);
            }
        }
        Err(broken("a number is too long"))
    }

    fn take(&mut self, length: u64) -> Result<Range<usize>, GraphError> {
        let start = self.at;
        let end = usize::try_from(length).ok().and_then(|length| start.checked_add(length));
        let end = end.filter(|end| *end <= self.end).ok_or_else(|| broken("it ends too early"))?;
        self.at = end;
        Ok(start..end)
    }
}
