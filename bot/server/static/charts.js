/* Draws the equity and drawdown charts with uPlot over the still picture that the page came with. */
"use strict";
(() => {
  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const money = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
  const day = new Intl.DateTimeFormat("en-CA", { timeZone: "UTC" });
  const strokes = { s1: "--series-1", s2: "--series-2", s3: "--series-3", loss: "--loss" };
  const drawn = new Set(), begun = new WeakSet();
  let count = 0;

  const year = 365 * 864e2, month = 28 * 864e2, days = 864e2;
  const dates = [
    [year, "{YYYY}", null, null, null, null, null, null, 1],
    [month, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    [days, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    [60, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
  ];

  function axes(format) {
    const common = { stroke: ink("--muted"), grid: { stroke: ink("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    return [{ ...common, grid: { show: false }, values: dates }, { ...common, size: 58, values: (_, marks) => marks.map(format) }];
  }

  function line(series, format) {
    const loss = series.key === "loss";
    return {
      label: series.label, stroke: ink(strokes[series.key]), width: 1.75, spanGaps: true,
      dash: series.key === "s2" ? [5, 4] : undefined,
      fill: loss ? ink("--loss-fill") : series.key === "s1" ? ink("--fill") : undefined,
      points: { show: false }, value: (_, value) => value == null ? "–" : format(value),
    };
  }

  function options(width, height, series, tick, format, sync) {
    return {
      width, height, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), "UTC"),
      cursor: { sync: { key: sync }, points: { size: 7 }, drag: { x: true, y: false } },
      legend: { live: true }, axes: axes(tick),
      series: [{ label: "Date", value: (_, t) => t == null ? "–" : day.format(new Date(t * 1e3)) }, ...series.map((s) => line(s, format))],
    };
  }

  async function draw(box) {
    const answer = await fetch(box.dataset.chart, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    const data = await answer.json();
    if (!data.time.length || !box.isConnected) return;
    const sync = "chart-" + count++;
    const percent = (value, digits = 1) =>
      value.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "\u2212") + " %";
    const plots = [
      [data.equity, 260, (v) => short.format(v), (v) => money.format(v)],
      [data.drawdown, 150, (v) => percent(v, 0), percent],
    ].map(([series, height, tick, format]) => new uPlot(
      options(box.clientWidth, height, series, tick, format, sync),
      [data.time, ...series.map((s) => s.values)], box));
    box.classList.add("drawn");
    const still = box.previousElementSibling;
    if (still && still.classList.contains("legend")) still.hidden = true;
    drawn.add({ box, plots });
  }

  function drawAll(root) {
    for (const one of drawn) if (!one.box.isConnected) { one.plots.forEach((p) => p.destroy()); drawn.delete(one); }
    for (const box of root.querySelectorAll("[data-chart]:not(.drawn)")) {
      if (begun.has(box)) continue;
      begun.add(box);
      draw(box).catch(() => {}).finally(() => begun.delete(box));
    }
  }

  function redrawAll() {
    for (const { box, plots } of drawn) { plots.forEach((p) => p.destroy()); box.classList.remove("drawn"); }
    drawn.clear();
    drawAll(document);
  }

  new ResizeObserver(() => {
    for (const { box, plots } of drawn) for (const plot of plots) plot.setSize({ width: box.clientWidth, height: plot.height });
  }).observe(document.querySelector("main"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
  document.addEventListener("swapped", (event) => drawAll(event.detail));
  drawAll(document);
})();
