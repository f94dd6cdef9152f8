// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/report/markup/style.hpp"

namespace bailiwick {

Html style_sheet() {
  return R"css(:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1d22; --faint: #5d6470; --rule: #d9dce2; --panel: #f5f6f8;
  --link: #005a8f; --good: #006b4e; --bad: #a33e00; --heat: 0, 114, 178;
  --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b35b8f; --c4: #b37a00; --c5: #2b8cbe;
  --c6: #6a6f00; --c7: #1b1d22;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15171b; --ink: #e6e8ec; --faint: #a3abb8; --rule: #343941; --panel: #1e2127;
    --link: #7cc4f2; --good: #4fd1a5; --bad: #ff9e5e; --heat: 86, 180, 233;
    --c0: #56b4e9; --c1: #ff8a3d; --c2: #2bc49a; --c3: #e39ac4; --c4: #e69f00; --c5: #9ad1f5;
    --c6: #f0e442; --c7: #e6e8ec;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 4rem; background: var(--paper);
  color: var(--ink); overflow-wrap: anywhere;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
a { color: var(--link); }
.skip { position: absolute; left: -99rem; }
.skip:focus { position: static; }
.kicker { margin: 0; color: var(--faint); font-size: .875rem; }
h1 { margin: .1rem 0 1rem; font-size: 2rem; line-height: 1.2; }
h2 { margin: 2.6rem 0 .8rem; padding-bottom: .3rem; border-bottom: 1px solid var(--rule);
  font-size: 1.35rem; line-height: 1.25; }
h3 { margin: 1.8rem 0 .6rem; font-size: 1.06rem; }
#summary h2 { margin-top: 0; }
p { margin: .6rem 0; max-width: 46rem; }
dl.summary { margin: 0; display: grid; gap: .1rem; }
dl.summary > div { display: grid; grid-template-columns: 10rem 1fr; gap: .2rem 1rem;
  padding: .55rem 0; border-bottom: 1px solid var(--rule); }
dl.summary dt { color: var(--faint); }
dl.summary dd { margin: 0; max-width: 46rem; }
.readers { padding: .7rem .9rem; background: var(--panel); border-radius: .4rem; max-width: none; }
nav ol { columns: 2 18rem; margin: 0; padding-left: 1.4rem; }
nav li { break-inside: avoid; }
.scroll { overflow-x: auto; max-width: 100%; margin: 1rem 0; }
.scroll:focus-visible, summary:focus-visible, a:focus-visible { outline: 2px solid var(--c0);
  outline-offset: 2px; }
table { border-collapse: collapse; min-width: 100%; font-size: .875rem; line-height: 1.4;
  overflow-wrap: normal; }
caption { text-align: left; padding: 0 0 .4rem; font-weight: 600; font-size: .9375rem;
  position: sticky; left: 0; max-width: min(58rem, calc(100vw - 2rem)); }
th, td { padding: .32rem .55rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--rule); }
th:first-child, td:first-child { padding-left: .2rem; }
thead th.number { white-space: normal; }
thead th { border-bottom: 2px solid var(--faint); color: var(--faint); font-weight: 600;
  vertical-align: bottom; }
tbody th { font-weight: 500; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
tr.all th, tr.all td { border-top: 2px solid var(--faint); font-weight: 650; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: .86em; }
pre { padding: .7rem .9rem; background: var(--panel); border-radius: .4rem; line-height: 1.45;
  white-space: pre-wrap; }
.digest { border-bottom: 1px dotted var(--faint); white-space: nowrap; }
.day { white-space: nowrap; }
.mark { font-weight: 600; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.unknown { color: var(--faint); }
.note { color: var(--faint); font-size: .875rem; }
.warning { padding: .6rem .9rem; border-left: 4px solid var(--bad); background: var(--panel); }
details { margin: .5rem 0; border: 1px solid var(--rule); border-radius: .4rem;
  padding: .45rem .8rem; }
summary { cursor: pointer; }
details[open] > summary { margin-bottom: .5rem; }
.findings { list-style: none; margin: .5rem 0; padding: 0; font-size: .875rem; }
.findings li { padding: .15rem 0; }
figure { margin: 1rem 0; }
figure.chart { display: inline-block; width: 28.5rem; max-width: 100%; margin-right: 1.2rem;
  vertical-align: top; }
figcaption { font-weight: 600; font-size: .9375rem; margin-bottom: .3rem; }
figure .scroll { margin: 0; }
svg { display: block; width: 100%; height: auto; }
.drawing svg { min-width: 46rem; max-width: 60rem; }
svg text { fill: var(--ink); font-size: 13px;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
svg .tick { fill: var(--faint); font-size: 12px; font-variant-numeric: tabular-nums; }
svg .strong { font-weight: 650; }
.grid { stroke: var(--rule); stroke-width: 1; }
.axis { stroke: var(--faint); stroke-width: 1.2; }
.reference { stroke: var(--faint); stroke-width: 1.2; stroke-dasharray: 4 4; }
.interval { stroke: var(--c0); stroke-width: 2.2; }
.bar { fill: var(--c0); }
.flow { stroke: var(--faint); stroke-width: 1.5; }
.head { fill: var(--faint); }
.owner, .sum, .result { fill: var(--panel); stroke: var(--rule); stroke-width: 1.2; }
.sum { stroke: var(--c0); stroke-width: 2; }
.result { stroke: var(--c2); stroke-width: 2; }
polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
.s0 { stroke: var(--c0); } .s1 { stroke: var(--c1); stroke-dasharray: 7 3; }
.s2 { stroke: var(--c2); stroke-dasharray: 2 3; } .s3 { stroke: var(--c3); stroke-dasharray: 9 3 2 3; }
.s4 { stroke: var(--c4); } .s5 { stroke: var(--c5); stroke-dasharray: 7 3; }
.s6 { stroke: var(--c6); stroke-dasharray: 2 3; } .s7 { stroke: var(--c7); stroke-dasharray: 9 3 2 3; }
.f0 { fill: var(--c0); } .f1 { fill: var(--c1); } .f2 { fill: var(--c2); } .f3 { fill: var(--c3); }
.f4 { fill: var(--c4); } .f5 { fill: var(--c5); } .f6 { fill: var(--c6); } .f7 { fill: var(--c7); }
.heat { display: block; padding: 0 .25rem; border-radius: .2rem; }
.h1 { background: rgba(var(--heat), .06); } .h2 { background: rgba(var(--heat), .12); }
.h3 { background: rgba(var(--heat), .17); } .h4 { background: rgba(var(--heat), .22); }
.h5 { background: rgba(var(--heat), .27); } .h6 { background: rgba(var(--heat), .32); }
.h7 { background: rgba(var(--heat), .37); } .h8 { background: rgba(var(--heat), .42); }
.h9 { background: rgba(var(--heat), .47); }
footer { margin-top: 3rem; color: var(--faint); font-size: .875rem; }
@media (max-width: 40rem) {
  body { padding-top: 1rem; }
  h1 { font-size: 1.6rem; }
  dl.summary > div { grid-template-columns: 1fr; }
}
@media print {
  :root {
    --paper: #ffffff; --ink: #000000; --faint: #444444; --rule: #bbbbbb; --panel: #ffffff;
    --link: #000000; --good: #006b4e; --bad: #a33e00; --heat: 0, 114, 178;
    --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b35b8f; --c4: #b37a00; --c5: #2b8cbe;
    --c6: #6a6f00; --c7: #000000;
  }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .scroll { overflow: visible; }
  .drawing svg { min-width: 0; }
  table, figure { break-inside: auto; }
  tr, figure, details > summary { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  nav, .readers, .skip { display: none; }
}
)css";
}

}  // namespace bailiwick
