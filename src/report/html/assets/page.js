"use strict";
// Draws the charts from the data in the page. Without this script the tables say the same.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const number = (value) => value == null ? "-" : Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en-US")
    : String(Number(value.toPrecision(3)));
  const percentile = (x) => "p" + String(Number((100 * (1 - 1 / x)).toPrecision(7)));
  const HEIGHT = 240;
  const drawn = new Map();

  function lines(place, id, chart) {
    const group = chart.x_scale === "seconds" ? id.replace(/[a-z]+$/, "time") : id;
    const isLog = chart.x_scale === "percentile";
    // A logarithmic axis has no zero.
    const y = chart.curves.map((curve) => curve.y.map((v) => chart.log && v !== null && v <= 0 ? null : v));
    const axis = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line") } };
    const options = {
      width: place.clientWidth, height: HEIGHT,
      scales: { x: { time: false, distr: isLog ? 3 : 1 }, y: { distr: chart.log ? 3 : 1, range: chart.log ? undefined : (u, min, max) => [0, max > 0 ? max * 1.05 : 1] } },
      cursor: { sync: { key: group }, drag: { x: true, y: false } },
      series: [{ label: chart.x_label, value: (u, v) => v == null ? "-" : isLog ? percentile(v) : number(v) }].concat(
        chart.curves.map((curve, i) => ({ label: curve.name, stroke: color("--c" + (i % 6)), width: 1.5, spanGaps: false,
          points: { show: chart.x.length < 60, size: 5 }, dash: i > 5 ? [6, 4] : undefined, value: (u, v) => number(v) }))),
      axes: [Object.assign({ label: chart.x_label, labelSize: 20, values: (u, s) => s.map((v) => v == null ? "" : isLog ? percentile(v) : number(v)) }, axis),
        Object.assign({ label: chart.y_label, labelSize: 20, size: 60, values: (u, s) => s.map((v) => v == null ? "" : number(v)) }, axis)],
      hooks: { draw: [(u) => marks(u, chart.marks)] },
    };
    return new uPlot(options, [chart.x].concat(y), place);
  }

  function marks(u, all) {
    for (const [x, name] of all) {
      const at = u.valToPos(x, "x", true);
      u.ctx.save();
      u.ctx.strokeStyle = color("--c4"); u.ctx.fillStyle = color("--c4"); u.ctx.setLineDash([4, 4]);
      u.ctx.beginPath(); u.ctx.moveTo(at, u.bbox.top); u.ctx.lineTo(at, u.bbox.top + u.bbox.height); u.ctx.stroke();
      u.ctx.textAlign = "left"; u.ctx.textBaseline = "alphabetic";
      u.ctx.translate(at + 4, u.bbox.top + 4); u.ctx.rotate(Math.PI / 2); u.ctx.fillText(name, 0, 0);
      u.ctx.restore();
    }
  }

  function heat(place, chart) {
    const canvas = document.createElement("canvas");
    const ratio = window.devicePixelRatio || 1;
    const width = place.clientWidth, left = 60, below = 22;
    canvas.style.width = width + "px"; canvas.style.height = HEIGHT + "px";
    canvas.width = width * ratio; canvas.height = HEIGHT * ratio;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    let most = 1, bands = 1;
    for (const column of chart.columns) for (const [band, count] of column) { most = Math.max(most, count); bands = Math.max(bands, band + 1); }
    const wide = (width - left) / Math.max(1, chart.columns.length), high = (HEIGHT - below) / bands;
    context.fillStyle = color("--c0");
    chart.columns.forEach((column, i) => column.forEach(([band, count]) => {
      context.globalAlpha = 0.12 + 0.88 * Math.log1p(count) / Math.log1p(most);
      context.fillRect(left + i * wide, HEIGHT - below - (band + 1) * high, Math.max(1, wide), Math.max(1, high));
    }));
    context.globalAlpha = 1; context.fillStyle = color("--soft"); context.font = "12px system-ui, sans-serif"; context.textAlign = "right";
    const rows = Math.max(2, Math.floor((HEIGHT - below) / 40));
    for (let i = 0; i <= rows; i++) {
      const band = bands * i / rows;
      context.fillText(number(chart.from_ms * Math.pow(chart.factor, band)) + " ms", left - 6, Math.max(10, HEIGHT - below - band * high + 4));
    }
    const end = chart.columns.length * chart.column_s;
    for (let i = 0; i <= 5; i++) {
      context.textAlign = i === 5 ? "right" : "center";
      context.fillText(number(end * i / 5) + " s", left + (width - left) * i / 5, HEIGHT - 6);
    }
    place.append(canvas);
    return { destroy: () => canvas.remove() };
  }

  // What the mouse does, for the keyboard: the arrows move the cursor from point to point, and its values are spoken.
  function reach(place) {
    const spoken = document.createElement("p");
    spoken.className = "spoken";
    spoken.setAttribute("role", "status");
    place.after(spoken);
    place.tabIndex = 0;
    place.setAttribute("aria-label", place.getAttribute("aria-label") + "; the arrow keys go from point to point");
    place.addEventListener("keydown", (event) => {
      const u = drawn.get(place.id);
      if (!u) return;
      const x = u.data[0], last = x.length - 1, at = u.cursor.idx;
      const to = { ArrowLeft: at == null ? last : at - 1, ArrowRight: at == null ? 0 : at + 1, Home: 0, End: last }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const index = Math.min(last, Math.max(0, to));
      u.setCursor({ left: u.valToPos(x[index], "x"), top: u.over.clientHeight / 2 });
      spoken.textContent = u.series.map((one, i) => one.label + " " + one.value(u, u.data[i][index])).join(", ");
    });
  }

  function draw(place) {
    const chart = data[place.id];
    if (!chart || place.clientWidth === 0) return;
    if (drawn.has(place.id)) drawn.get(place.id).destroy();
    drawn.set(place.id, chart.kind === "heat" ? heat(place, chart) : lines(place, place.id, chart));
  }

  const places = [...document.querySelectorAll(".chart")];
  const all = () => places.forEach(draw);
  all();
  places.filter((place) => data[place.id] && data[place.id].kind !== "heat").forEach(reach);
  let waiting = 0, width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(all, 150);
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  window.rpsbench = { charts: drawn };
})();
