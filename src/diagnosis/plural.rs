//! Reads what may be written as one value or as a list, and says of a mistake in it what it is.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};

use crate::diagnosis::pattern::{PatternText, RegexText};
use crate::diagnosis::rule::OneOrMany;

/// Tells a list from one value by its form. An untagged enum could not say what is wrong inside.
#[derive(Debug)]
pub struct OneOrManyVisitor<T>(PhantomData<T>);

impl<T> Default for OneOrManyVisitor<T> {
    fn default() -> Self {
        OneOrManyVisitor(PhantomData)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("one value or a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(values)).map(OneOrMany::Many)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields)).map(OneOrMany::One)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(OneOrMany::One)
    }
}

/// Tells a line from a regular expression by its form.
#[derive(Debug)]
pub struct PatternVisitor;

impl<'de> Visitor<'de> for PatternVisitor {
    type Value = PatternText;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a pattern: a line, or a mapping of `regex` and `literal`")
    }

    fn visit_str<E: Error>(self, line: &str) -> Result<Self::Value, E> {
        Ok(PatternText::Line(line.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
        RegexText::deserialize(MapAccessDeserializer::new(fields)).map(PatternText::Regex)
    }
}
