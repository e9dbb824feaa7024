//! Reading no more than a document holds.
//!
//! A YAML alias stands for a whole part of the document, and an alias to
//! aliases for far more: a text of a megabyte can ask for minutes of work and
//! all the memory there is. serde_yaml's own limit grows with the length of the
//! text and does not stop that. An honest text never yields more than it holds,
//! so what comes out of the parser is weighed while it is read.

use std::cell::Cell;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

/// Reads a value that may weigh at most `limit`: one for each scalar and the
/// bytes of each string, names of fields included.
///
/// # Errors
/// Of the deserializer, or when the value weighs more.
pub fn metered<'de, T: serde::Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
    limit: usize,
) -> Result<T, D::Error> {
    T::deserialize(Metered { inner: from, meter: &Cell::new(limit) })
}

/// What is still allowed.
type Meter = Cell<usize>;

fn charge<E: Error>(meter: &Meter, weight: usize) -> Result<(), E> {
    let left = meter.get().checked_sub(weight.max(1));
    meter.set(left.ok_or_else(|| E::custom("it holds aliases that stand for too much"))?);
    Ok(())
}

/// Any part of the reading, with the meter that goes along.
struct Metered<'m, T> {
    inner: T,
    meter: &'m Meter,
}

impl<'m, T> Metered<'m, T> {
    fn with<U>(&self, inner: U) -> Metered<'m, U> {
        Metered { inner, meter: self.meter }
    }
}

macro_rules! pass_on {
    ($($method:ident($($name:ident: $kind:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $kind,)* visitor: V) -> Result<V::Value, D::Error> {
            let visitor = self.with(visitor);
            self.inner.$method($($name,)* visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Metered<'_, D> {
    type Error = D::Error;
    pass_on! {
        deserialize_any() deserialize_bool() deserialize_char() deserialize_str()
        deserialize_string() deserialize_bytes() deserialize_byte_buf() deserialize_option()
        deserialize_unit() deserialize_seq() deserialize_map() deserialize_identifier()
        deserialize_ignored_any() deserialize_i8() deserialize_i16() deserialize_i32()
        deserialize_i64() deserialize_i128() deserialize_u8() deserialize_u16()
        deserialize_u32() deserialize_u64() deserialize_u128() deserialize_f32()
        deserialize_f64() deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str) deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }
    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! weigh {
    ($($method:ident($kind:ty) $weight:expr;)*) => {$(
        fn $method<E: Error>(self, value: $kind) -> Result<V::Value, E> {
            let weight: fn(&$kind) -> usize = $weight;
            charge(self.meter, weight(&value))?;
            self.inner.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Metered<'_, V> {
    type Value = V::Value;
    weigh! {
        visit_bool(bool) |_| 1; visit_char(char) |_| 1; visit_f32(f32) |_| 1;
        visit_f64(f64) |_| 1; visit_i8(i8) |_| 1; visit_i16(i16) |_| 1;
        visit_i32(i32) |_| 1; visit_i64(i64) |_| 1; visit_i128(i128) |_| 1;
        visit_u8(u8) |_| 1; visit_u16(u16) |_| 1; visit_u32(u32) |_| 1;
        visit_u64(u64) |_| 1; visit_u128(u128) |_| 1; visit_str(&str) |s| s.len();
        visit_borrowed_str(&'de str) |s| s.len(); visit_string(String) |s| s.len();
        visit_bytes(&[u8]) |s| s.len(); visit_borrowed_bytes(&'de [u8]) |s| s.len();
        visit_byte_buf(Vec<u8>) |s| s.len();
    }
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }
    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        charge(self.meter, 1)?;
        self.inner.visit_none()
    }
    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        charge(self.meter, 1)?;
        self.inner.visit_unit()
    }
    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        let value = self.with(value);
        self.inner.visit_some(value)
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        let value = self.with(value);
        self.inner.visit_newtype_struct(value)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        charge(self.meter, 1)?;
        let seq = self.with(seq);
        self.inner.visit_seq(seq)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        charge(self.meter, 1)?;
        let map = self.with(map);
        self.inner.visit_map(map)
    }
    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        charge(self.meter, 1)?;
        let variant = self.with(variant);
        self.inner.visit_enum(variant)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Metered<'_, S> {
    type Value = S::Value;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<S::Value, D::Error> {
        let from = self.with(from);
        self.inner.deserialize(from)
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Metered<'_, A> {
    type Error = A::Error;
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let seed = self.with(seed);
        self.inner.next_element_seed(seed)
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Metered<'_, A> {
    type Error = A::Error;
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let seed = self.with(seed);
        self.inner.next_key_seed(seed)
    }
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let seed = self.with(seed);
        self.inner.next_value_seed(seed)
    }
}

impl<'de, 'm, A: EnumAccess<'de>> EnumAccess<'de> for Metered<'m, A> {
    type Error = A::Error;
    type Variant = Metered<'m, A::Variant>;
    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let (seed, meter) = (self.with(seed), self.meter);
        let (value, inner) = self.inner.variant_seed(seed)?;
        Ok((value, Metered { inner, meter }))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Metered<'_, A> {
    type Error = A::Error;
    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        let seed = self.with(seed);
        self.inner.newtype_variant_seed(seed)
    }
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        let visitor = self.with(visitor);
        self.inner.tuple_variant(len, visitor)
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let visitor = self.with(visitor);
        self.inner.struct_variant(fields, visitor)
    }
}
