//! Items of GDAL's XML, and where they stand in its text.

use super::metadata_item::MetadataItem;
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use std::{borrow::Cow, ops::Range};

/// One `Item` element.
pub struct ItemElement {
    /// What it says.
    pub item: MetadataItem,
    /// The bytes of the text that it takes, from its `<` to the `>` of its end.
    pub span: Range<usize>,
}

/// Every item of a text, in its order. Comments are passed over; what follows broken XML is left out.
pub fn items(xml: &str) -> Vec<ItemElement> {
    let mut reader = Reader::from_str(xml);
    let config = reader.config_mut();
    (config.allow_dangling_amp, config.allow_unmatched_ends, config.check_end_names) = (true, true, false);
    let mut found = Vec::new();
    // The item that is open: its head, where it begins, and the text in it.
    let mut open: Option<(Option<MetadataItem>, usize, String)> = None;
    loop {
        let start = reader.buffer_position() as usize;
        let Ok(event) = reader.read_event() else { return found };
        let end = reader.buffer_position() as usize;
        let raw = xml.get(start..end).unwrap_or_default();
        match event {
            Event::Start(head) if is_item(&head) => open = Some((item_of(&head), start, String::new())),
            Event::Empty(head) if is_item(&head) && open.is_none() => {
                found.extend(item_of(&head).map(|item| ItemElement { item, span: start..end }));
            }
            Event::Text(_) | Event::GeneralRef(_) => {
                if let Some((.., text)) = &mut open {
                    text.push_str(raw);
                }
            }
            Event::CData(_) => {
                if let Some((.., text)) = &mut open {
                    let verbatim = raw.strip_prefix("<![CDATA[").and_then(|raw| raw.strip_suffix("]]>")).unwrap_or_default();
                    // The same as if it had been escaped.
                    text.push_str(&escaped(verbatim));
                }
            }
            Event::End(tail) if tail.name().0 == ITEM => {
                let Some((head, start, text)) = open.take() else { continue };
                found.extend(head.map(|item| ItemElement {
                    // Once as XML, once more as GDAL does.
                    item: MetadataItem { value: unescaped(&unescaped(&text)).into_owned(), ..item },
                    span: start..end,
                }));
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

const ITEM: &str = "Item";

fn is_item(head: &BytesStart<'_>) -> bool {
    head.name().0 == ITEM
}

/// What the head of an element says; `None` where it names nothing.
fn item_of(head: &BytesStart<'_>) -> Option<MetadataItem> {
    let attribute = |name: &str| {
        let found = head.attributes().with_checks(false).flatten().find(|attribute| attribute.key.0 == name)?;
        Some(unescaped(&found.value).into_owned())
    };
    Some(MetadataItem {
        name: attribute("name")?,
        band: attribute("sample").and_then(|text| text.trim().parse().ok()),
        value: String::new(),
        role: attribute("role"),
        domain: attribute("domain"),
    })
}

/// The text as it may stand in XML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Most bytes of an entity's name: a character's number, with some zeros in front.
const LONGEST_ENTITY: usize = 32;

/// The text that XML stands for. An `&` that begins no entity stays.
pub fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        // A text of ampersands alone would be looked through to its end for each of them.
        let name = rest[1..].bytes().take(LONGEST_ENTITY).take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#').count();
        let entity = rest[1 + name..].starts_with(';').then(|| entity(&rest[1..=name])).flatten().map(|character| (character, name + 2));
        let (character, length) = entity.unwrap_or(('&', 1));
        plain.push(character);
        rest = &rest[length..];
    }
    Cow::Owned(plain + rest)
}

fn entity(name: &str) -> Option<char> {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).filter(|c| *c != '\0');
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "amp" => Some('&'),
        _ => {
            let code = name.strip_prefix('#')?;
            match code.strip_prefix(['x', 'X']) {
                Some(digits) => number(digits, 16),
                None => number(code, 10),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_undone_and_other_ampersands_stay() {
        assert_eq!(unescaped("a &lt;b&gt; &amp;amp; &quot;&apos;"), "a <b> &amp; \"'");
        assert_eq!(unescaped("caf&#233; &#x20AC; R&D; AT&T & &#0; &#x110000; &"), "caf\u{e9} \u{20ac} R&D; AT&T & &#0; &#x110000; &");
        assert_eq!(unescaped("plain"), "plain");
    }

    #[test]
    fn comments_are_no_items_and_cdata_is_text() {
        let xml = "<GDALMetadata>\n<Item name=\"CD\"><![CDATA[a<b & c]]></Item><!-- <Item name=\"GHOST\">x</Item> -->\
                   <Item name='E'/><Item name=\"a>b\" sample=\"1\">7</Item>\n</GDALMetadata>";
        let found: Vec<(String, Option<usize>, String, &str)> =
            items(xml).into_iter().map(|e| (e.item.name, e.item.band, e.item.value, &xml[e.span])).collect();
        let expected = [
            ("CD", None, "a<b & c", "<Item name=\"CD\"><![CDATA[a<b & c]]></Item>"),
            ("E", None, "", "<Item name='E'/>"),
            ("a>b", Some(1), "7", "<Item name=\"a>b\" sample=\"1\">7</Item>"),
        ];
        assert_eq!(found, expected.map(|(name, band, value, span)| (name.to_owned(), band, value.to_owned(), span)));
    }
}
