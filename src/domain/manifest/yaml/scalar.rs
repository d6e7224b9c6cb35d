//! What a scalar means, by YAML 1.2's core schema: `no` and `08:00` are texts.

use saphyr_parser::{ScalarStyle, Tag};
use serde_json::{Number, Value};

use super::super::mistake::Code;

/// Reads a scalar.
pub(super) fn read(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, Code> {
    match tag {
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => Ok(Value::String(text.to_owned())),
        Some(tag) => Err(Code::UnknownTag(tag.to_string())),
        None if style != ScalarStyle::Plain => Ok(Value::String(text.to_owned())),
        None => plain(text),
    }
}

fn plain(text: &str) -> Result<Value, Code> {
    let out_of_range = || Code::Number(text.chars().take(40).collect());
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        _ => {}
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(out_of_range());
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        let number = text.strip_prefix('+').unwrap_or(text);
        let number = number.parse().map(Number::from_u128).or_else(|_| number.parse().map(Number::from_i128));
        return number.ok().flatten().map(Value::Number).ok_or_else(out_of_range);
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        let digits = text.strip_prefix(prefix).filter(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix)));
        if let Some(digits) = digits {
            return u64::from_str_radix(digits, radix).map(Value::from).map_err(|_| out_of_range());
        }
    }
    if is_float(unsigned) {
        return text.parse().ok().and_then(Number::from_f64).map(Value::Number).ok_or_else(out_of_range);
    }
    Ok(Value::String(text.to_owned()))
}

/// `[0-9]+ . [0-9]* e [-+]? [0-9]+`, as the core schema has it.
fn is_float(text: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()) && exponent.is_none_or(|e| !e.is_empty() && digits(e))
}
