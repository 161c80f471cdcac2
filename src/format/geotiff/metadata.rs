//! GDAL's metadata tag: a flat list of XML items, of which band descriptions, scales and offsets are known here.
//!
//! Not an XML parser: it finds `<Item …>text</Item>` and reads attributes and the five entities. What it cannot read it skips.

use super::georef::BandInfo;

/// One item of the metadata.
struct Item {
    name: String,
    sample: Option<usize>,
    role: Option<String>,
    domain: Option<String>,
    text: String,
}

fn items(xml: &str) -> Vec<Item> {
    let mut out = Vec::new();
    for part in xml.split("<Item ").skip(1) {
        let Some((head, rest)) = part.split_once('>') else { continue };
        let text = if head.ends_with('/') { "" } else { rest.split("</Item").next().unwrap_or("") };
        let attr = |name: &str| {
            let start = head.find(&format!("{name}=\""))? + name.len() + 2;
            head[start..].split('"').next().map(unescape)
        };
        out.push(Item {
            name: attr("name").unwrap_or_default(),
            sample: attr("sample").and_then(|s| s.parse().ok()),
            role: attr("role"),
            domain: attr("domain"),
            // GDAL escapes its texts once itself and once more as XML.
            text: unescape(&unescape(text)),
        });
    }
    out
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The metadata's bands, of which there are `n`, and its items of the whole dataset.
pub(super) fn parse(xml: &str, n: usize) -> (Vec<BandInfo>, Vec<(String, String)>) {
    let (mut bands, mut tags) = (vec![BandInfo::default(); n], Vec::new());
    for item in items(xml) {
        match (item.sample, item.role.as_deref()) {
            (Some(i), Some(role)) if i < n => match role {
                "description" => bands[i].name = Some(item.text),
                "scale" => bands[i].scale = item.text.trim().parse().ok(),
                "offset" => bands[i].offset = item.text.trim().parse().ok(),
                _ => {}
            },
            (None, _) if item.domain.is_none() => tags.push((item.name, item.text)),
            _ => {}
        }
    }
    (bands, tags)
}

/// The tag's text for these bands, or None where there is nothing to say.
pub(super) fn write(bands: &[BandInfo]) -> Option<String> {
    let mut body = String::new();
    let mut item = |i: usize, name: &str, role: &str, text: String| {
        body.push_str(&format!("  <Item name=\"{name}\" sample=\"{i}\" role=\"{role}\">{}</Item>\n", escape(&escape(&text))));
    };
    for (i, band) in bands.iter().enumerate() {
        // GDAL reads scale and offset only together.
        if band.scale.is_some() || band.offset.is_some() {
            item(i, "OFFSET", "offset", format!("{:?}", band.offset.unwrap_or(0.0)));
            item(i, "SCALE", "scale", format!("{:?}", band.scale.unwrap_or(1.0)));
        }
        if let Some(name) = &band.name {
            item(i, "DESCRIPTION", "description", name.clone());
        }
    }
    (!body.is_empty()).then(|| format!("<GDALMetadata>\n{body}</GDALMetadata>\n"))
}

#[cfg(test)]
mod tests {
    use super::{BandInfo, parse, write};

    #[test]
    fn bands_come_back() {
        let bands = vec![
            BandInfo { name: Some("red <\"1\" & 2>".into()), scale: Some(1e-4), offset: Some(-0.1) },
            BandInfo::default(),
            BandInfo { name: Some("µ".into()), ..BandInfo::default() },
        ];
        let (back, tags) = parse(&write(&bands).unwrap(), 3);
        assert_eq!(back, bands);
        assert!(tags.is_empty());
        let (_, tags) = parse("<GDALMetadata><Item name=\"A\">b &lt; c</Item></GDALMetadata>", 1);
        assert_eq!(tags, [("A".to_string(), "b < c".to_string())]);
        assert_eq!(write(&[BandInfo::default()]), None);
    }

    #[test]
    fn broken_text_is_skipped() {
        for xml in ["", "<Item ", "<Item name=\"a", "<Item sample=\"99\" role=\"scale\">1</Item>", "<Item name=\"x\"/>", "<Item >é"]
        {
            assert!(parse(xml, 1).0 == vec![BandInfo::default()], "{xml}");
        }
    }
}
