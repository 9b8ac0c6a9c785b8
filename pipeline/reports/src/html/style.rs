//! The one style sheet: dark on light, texts in the system's fonts of either language, numbers of equal width, and
//! for paper no colour that carries meaning alone, no row cut in two, and headings of tables on each page.

/// The sheet. It names no file and no address.
pub const SHEET: &str = r#"
:root{--ink:#1b2430;--soft:#4c5867;--line:#d5dbe3;--pale:#f3f6f9;--main:#245a8d;--second:#a9c4de;--third:#b4741a;
--strong:#9b2226;--warn:#8a5a00;--ok:#2f6b3c}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;padding:28px 32px 40px;max-width:1120px;color:var(--ink);background:#fff;
font:15px/1.6 "Inter","Segoe UI","Helvetica Neue","Noto Sans","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",
"Source Han Sans SC","WenQuanYi Micro Hei",sans-serif;font-variant-numeric:tabular-nums lining-nums;
overflow-wrap:anywhere;text-rendering:optimizeLegibility}
h1,h2,h3,h4{line-height:1.3;margin:0;font-weight:650;text-wrap:balance}
h1{font-size:27px;letter-spacing:-.01em}
h2{font-size:20px;margin:40px 0 12px;padding-bottom:6px;border-bottom:2px solid var(--ink)}
h3{font-size:16.5px;margin:28px 0 8px}
h4{font-size:14.5px;margin:18px 0 6px}
p{margin:0 0 10px}
p,li{max-width:56em}
ul,ol{margin:0 0 12px;padding-left:22px}
li{margin:2px 0}
a{color:var(--main);text-underline-offset:2px}
code{font:inherit;font-family:ui-monospace,"SFMono-Regular","Cascadia Mono",Consolas,"DejaVu Sans Mono",monospace;
font-size:.9em}
header.page{border-top:5px solid var(--main);padding-top:14px;margin-bottom:20px}
.subtitle{color:var(--soft);font-size:16px;margin:4px 0 0}
footer.page{margin-top:44px;padding-top:12px;border-top:1px solid var(--line);color:var(--soft);font-size:13px}
footer.page p{margin:0 0 4px}
.soft{color:var(--soft)}
.small{font-size:13px}
.nowrap{white-space:nowrap}
nav.contents{margin:16px 0 0;padding:10px 14px;background:var(--pale);border-left:3px solid var(--main)}
nav.contents ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:2px 26px}
.notice{border-left:4px solid var(--third);background:#fdf6ea;padding:9px 14px;margin:14px 0;max-width:none}
.badge{display:inline-block;border:1px solid;border-radius:3px;padding:0 6px;font-size:12px;line-height:18px;
white-space:nowrap;vertical-align:1px}
.badge.strong{color:var(--strong);background:#fbeeee}
.badge.warn{color:var(--warn);background:#fdf6ea}
.badge.quiet{color:var(--soft);background:#fff}
dl{margin:0}
dd{margin:0}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(168px,1fr));gap:10px;margin:18px 0}
.figures>div{background:var(--pale);padding:11px 14px;border-radius:4px;break-inside:avoid}
.figures dt{color:var(--soft);font-size:13px}
.figures .value{display:block;font-size:23px;line-height:1.3;font-weight:650}
.figures .hint{display:block;color:var(--soft);font-size:12.5px;line-height:1.45}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(236px,1fr));gap:0 26px;margin:12px 0}
.facts>div{display:flex;gap:12px;justify-content:space-between;border-bottom:1px solid var(--line);padding:4px 0}
.facts dt{color:var(--soft);flex:none}
.facts dd{text-align:right}
.scroll{overflow-x:auto;margin:10px 0 18px}
table{border-collapse:collapse;width:100%;font-size:13.5px;line-height:1.5;overflow-wrap:break-word}
caption{overflow-wrap:anywhere;text-align:left;font-weight:650;padding:0 0 5px;font-size:14px}
th,td{text-align:left;vertical-align:top;padding:5px 9px;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--soft);font-size:12.5px;border-bottom:1.5px solid var(--ink);vertical-align:bottom}
tbody th{color:var(--ink);font-size:13.5px;border-bottom:1px solid var(--line);vertical-align:top;font-weight:600}
th:first-child,td:first-child{padding-left:2px}
th:last-child,td:last-child{padding-right:2px}
.n{text-align:right;white-space:nowrap}
tfoot td,tfoot th{border-top:1.5px solid var(--ink);border-bottom:0;font-weight:650;color:var(--ink);font-size:13.5px}
.rest{color:var(--soft);font-size:13px;margin:-8px 0 16px}
.off{color:var(--strong);font-weight:650}
figure{margin:14px 0 22px;break-inside:avoid}
figcaption{font-weight:650;font-size:14px;margin-bottom:4px}
.plot{overflow-x:auto}
.plot svg{display:block;width:100%;min-width:540px;max-width:960px;height:auto}
svg text{font-size:13px;fill:var(--ink)}
svg .lane{font-size:12px}
svg .axis{fill:var(--soft);font-size:11.5px}
svg .grid{stroke:var(--line);stroke-width:1}
svg .base{stroke:var(--soft);stroke-width:1}
svg .ref{stroke:var(--strong);stroke-width:1.2;stroke-dasharray:4 3}
svg .line{fill:none;stroke-width:2;stroke-linejoin:round}
.key{list-style:none;display:flex;flex-wrap:wrap;gap:2px 18px;margin:2px 0 6px;padding:0;font-size:13px;
color:var(--soft)}
.key li{display:flex;align-items:center;gap:6px;margin:0}
.key svg{width:14px;height:14px;flex:none}
.f0{fill:var(--main)}.f1{fill:var(--second)}.f2{fill:var(--third)}.f3{fill:#6b8f71}.f4{fill:#7d6b91}.f5{fill:#8b97a5}
.f6{fill:#c9a227}.f7{fill:#4a8fa3}
.s0{stroke:var(--main)}.s1{stroke:#6d97c0}.s2{stroke:var(--third)}.s3{stroke:#4d7554}.s4{stroke:#7d6b91}
.s5{stroke:#6a7584}.s6{stroke:#95761a}.s7{stroke:#2f7286}
.hollow{fill:#fff;stroke:var(--main);stroke-width:1.5}
.finding{border-top:1px solid var(--line);padding:11px 0 8px}
.finding .head{display:flex;flex-wrap:wrap;gap:2px 16px;justify-content:space-between;align-items:baseline;
break-after:avoid;font-size:13.5px}
.finding .head b{font-size:14.5px}
.finding .sum{margin-left:auto;text-align:right}
.finding.short{break-inside:avoid}
.finding .what{margin:3px 0 6px;break-after:avoid}
.records{margin:0;padding:0;list-style:none;font-size:12.5px;line-height:1.55}
.records li{max-width:none;margin:0;padding:2px 0 2px 10px;border-left:2px solid var(--line);break-inside:avoid}
.records li.many{break-inside:auto}
.records i{font-style:normal;color:#5b6674;margin-right:.35em}
.records .f{margin-right:1.1em;display:inline-block}
.records .scroll{margin:2px 0 6px}
.records table{font-size:12px;line-height:1.45}
.records th,.records td{padding:2px 7px;font-size:12px}
.records thead th{border-bottom:1px solid var(--line);font-weight:400;color:#5b6674}
.records tbody th{font-weight:400}
.aside{background:var(--pale);padding:10px 14px;margin:10px 0 14px;border-radius:4px;font-size:14px}
.aside h4{margin:10px 0 3px}
.aside h4:first-child{margin-top:0}
.aside ul,.aside p{margin-bottom:4px}
.check{list-style:none;padding:0}
.check li{display:flex;gap:10px;break-inside:avoid;padding:3px 0;max-width:none}
.check li::before{content:"";flex:none;width:13px;height:13px;border:1.5px solid var(--soft);margin-top:5px}
@media(max-width:640px){body{padding:18px 14px 30px;font-size:15px}h1{font-size:22px}h2{font-size:18px}
.figures{grid-template-columns:1fr 1fr}.figures .value{font-size:19px}}
@page{size:A4;margin:15mm 14mm 17mm;@bottom-right{content:counter(page) " / " counter(pages);
font:8.5pt sans-serif;color:#4c5867}}
@media print{
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
body{padding:0;max-width:none;font-size:9.6pt;line-height:1.5}
h1{font-size:18pt}h2{font-size:13pt;margin:20pt 0 7pt}h3{font-size:11pt;margin:14pt 0 5pt}h4{font-size:9.8pt}
h1,h2,h3,h4,caption,figcaption{break-after:avoid}
p,li{max-width:none;orphans:3;widows:3}
a{color:inherit;text-decoration:none}
table{font-size:8.4pt;line-height:1.4}
caption,figcaption{font-size:9.4pt}
th,tbody th,tfoot td,tfoot th{font-size:8.4pt}
th,td{padding:2.6pt 4pt}
.n{white-space:normal}
thead{display:table-header-group;break-after:avoid}
tbody tr:first-child{break-before:avoid}
tfoot{display:table-row-group}
tr,figure,.facts>div,.notice{break-inside:avoid}
.scroll,.plot{overflow:visible}
.plot svg{min-width:0;max-width:none}
.figures{grid-template-columns:repeat(5,1fr);gap:5pt}
.figures>div{padding:6pt 7pt}
.figures .value{font-size:12.5pt}
.figures dt,.figures .hint{font-size:8pt}
.facts{grid-template-columns:repeat(3,1fr)}
.records,.records table,.records th,.records td{font-size:7.8pt}
.records th,.records td{padding:1.2pt 4pt}
.aside{font-size:9pt}
.finding{padding:5pt 0 3pt}
.finding .head{font-size:9pt}
.finding .what{margin:1pt 0 3pt}
.finding p.small{margin:0 0 3pt}
.finding .head b{font-size:9.6pt}
.small,.rest,footer.page,.key{font-size:8.4pt}
}
"#;

#[cfg(test)]
mod tests {
    use super::SHEET;

    #[test]
    fn the_sheet_names_no_address_and_cannot_end_its_element() {
        for banned in ["url(", "@import", "</", "http"] {
            assert!(!SHEET.contains(banned), "{banned}");
        }
    }
}
