#pragma once
// The page around a report's sections: one HTML file that needs nothing from elsewhere. It follows
// the reader's light or dark mode, fits a phone and prints.

#include <eigengrad/plot/svg.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace eigengrad::detail {

inline constexpr std::string_view page_style = R"css(
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --paper: #ffffff; --link: #0072b2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --line: #30363d; --paper: #0d1117;
  --link: #56b4e9; } }
body { margin: 0 auto; max-width: 1080px; padding: 24px 16px 64px; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 26px; line-height: 1.2; margin: 8px 0 4px; }
h2 { font-size: 18px; margin: 40px 0 12px; padding-top: 12px; border-top: 1px solid var(--line); }
p { margin: 4px 0 12px; max-width: 70ch; }
p.lead { color: var(--soft); }
nav a { color: var(--link); margin-right: 14px; white-space: nowrap; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 20px; }
figure { margin: 0; position: relative; }
svg { max-width: 100%; height: auto; touch-action: pan-y; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 12px 3px 0; text-align: right; white-space: nowrap; }
th { color: var(--soft); font-weight: 500; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
pre { font: 13px/1.45 ui-monospace, monospace; margin: 0; }
summary { cursor: pointer; color: var(--soft); }
.tip { position: absolute; top: 0; left: 0; padding: 4px 8px; background: var(--paper); font-size: 12px;
  border: 1px solid var(--line); border-radius: 4px; pointer-events: none; white-space: nowrap; }
.rule { stroke: var(--soft); stroke-dasharray: 2 3; }
@media print { nav, summary { display: none; } body { max-width: none; padding: 0; }
  figure, table { break-inside: avoid; } h2 { break-after: avoid; } }
)css";

/// Shows the numbers of the curves at the x nearest to the pointer or finger.
inline constexpr std::string_view page_script = R"js(
for (const svg of document.querySelectorAll('svg[data-box]')) {
  const [left, right, top, bottom, low, high] = JSON.parse(svg.dataset.box);
  const curves = [...svg.querySelectorAll('[data-x]')].map(e => ({ name: e.dataset.name,
    x: JSON.parse(e.dataset.x), y: JSON.parse(e.dataset.y) }));
  const tip = document.createElement('div');
  tip.className = 'tip';
  tip.hidden = true;
  svg.parentNode.append(tip);
  const rule = document.createElementNS(svg.namespaceURI, 'line');
  rule.setAttribute('class', 'rule');
  rule.setAttribute('y1', top);
  rule.setAttribute('y2', bottom);
  const short = v => v === null ? '-' : String(Number(v.toPrecision(5)));
  const show = event => {
    const area = svg.getBoundingClientRect();
    const at = (event.clientX - area.left) / area.width * svg.viewBox.baseVal.width;
    const wanted = low + (at - left) / (right - left) * (high - low);
    let x = null;
    for (const curve of curves) {
      for (const one of curve.x) {
        if (one !== null && (x === null || Math.abs(one - wanted) < Math.abs(x - wanted))) x = one;
      }
    }
    if (x === null) return;
    tip.replaceChildren(short(x));
    for (const curve of curves) {
      const i = curve.x.indexOf(x);
      if (i < 0) continue;
      const line = document.createElement('div');
      line.textContent = curve.name + ': ' + short(curve.y[i]);
      tip.append(line);
    }
    const place = left + (x - low) / (high - low) * (right - left);
    rule.setAttribute('x1', place);
    rule.setAttribute('x2', place);
    svg.append(rule);
    tip.hidden = false;
    const pixel = place / svg.viewBox.baseVal.width * area.width;
    tip.style.transform = 'translate(' +
      Math.max(0, Math.min(pixel + 10, area.width - tip.offsetWidth)) + 'px, 60px)';
  };
  const hide = () => { tip.hidden = true; rule.remove(); };
  svg.addEventListener('pointermove', show);
  svg.addEventListener('pointerdown', show);
  svg.addEventListener('pointerleave', hide);
}
)js";

/// A heading and what stands under it, as HTML.
struct PageSection {
  std::string heading;
  std::string html;
};

[[nodiscard]] inline std::string page(std::string_view title, std::string_view lead,
                                      const std::vector<PageSection>& sections) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>" +
      escape_xml(title) + "</title>\n<style>" + std::string(page_style) +
      "</style>\n</head>\n<body>\n<h1>" + escape_xml(title) + "</h1>\n<p class=\"lead\">" +
      escape_xml(lead) + "</p>\n<nav>";
  for (std::size_t i = 0; i < sections.size(); ++i) {
    html += "<a href=\"#s" + std::to_string(i) + "\">" + escape_xml(sections[i].heading) + "</a> ";
  }
  html += "</nav>\n<main>\n";
  for (std::size_t i = 0; i < sections.size(); ++i) {
    html += "<section id=\"s" + std::to_string(i) + "\">\n<h2>" + escape_xml(sections[i].heading) +
            "</h2>\n" + sections[i].html + "</section>\n";
  }
  return html + "</main>\n<script>" + std::string(page_script) + "</script>\n</body>\n</html>\n";
}

/// A table whose first line is its head.
[[nodiscard]] inline std::string html_table(const std::vector<std::vector<std::string>>& lines) {
  std::string html = "<div class=\"scroll\"><table>\n";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string cell = i == 0 ? "th" : "td";
    html += "<tr>";
    for (const std::string& text : lines[i]) {
      html += "<" + cell + ">" + escape_xml(text) + "</" + cell + ">";
    }
    html += "</tr>\n";
  }
  return html + "</table></div>\n";
}

}  // namespace eigengrad::detail
