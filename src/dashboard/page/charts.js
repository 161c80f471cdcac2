"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const report = data.report, series = report.series, seconds = Math.max(report.totals.seconds, 1e-9);
const tip = document.getElementById("tip");

const bytes = n => {
  for (const unit of ["B", "KiB", "MiB", "GiB", "TiB"]) {
    if (n < 1024 || unit === "TiB") return (unit === "B" || n >= 100 ? n.toFixed(0) : n.toFixed(1).replace(/\.0$/, "")) + " " + unit;
    n /= 1024;
  }
};
const time = s => {
  const short = x => String(+x.toPrecision(3));
  if (s === 0) return "0 s";
  if (s < 1e-3) return short(s * 1e6) + " µs";
  if (s < 1) return short(s * 1e3) + " ms";
  if (s < 100) return short(s) + " s";
  if (s < 3600) return Math.floor(s / 60) + " min " + Math.round(s % 60) + " s";
  return Math.floor(s / 3600) + " h " + Math.round(s / 60 % 60) + " min";
};
// Round places of an axis from a to b, about n of them.
const ticks = (a, b, n, steps = [1, 2, 5, 10], base = 10) => {
  const raw = (b - a) / Math.max(n, 1), power = Math.pow(base, Math.floor(Math.log(raw) / Math.log(base)));
  const step = power * (steps.find(s => s * power >= raw) || base), list = [];
  for (let v = Math.ceil(a / step) * step; v <= b * (1 + 1e-9); v += step) list.push(Math.abs(v) < step / 1e6 ? 0 : v);
  return list;
};
const timeTicks = (a, b, n) => b - a > 300
  ? ticks(a / 60, b / 60, n, [1, 2, 5, 10, 15, 30, 60], 60).map(m => m * 60) : ticks(a, b, n);
const byteTicks = (top, n) => ticks(0, top, n, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024], 1024);

const showTip = (text, event) => {
  tip.textContent = text;
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 8)) + "px";
  tip.style.top = Math.max(4, event.clientY + 18 + box.height > innerHeight ? event.clientY - box.height - 12 : event.clientY + 18) + "px";
};
const hideTip = () => { tip.hidden = true; };

// A chart over time. `lines`: {values, color, area}; values by interval, null where unknown. Only numbers get into the markup.
const LEFT = 70, RIGHT = 12, TOP = 10, BOTTOM = 26;
const chart = (id, lines, top, limit, words) => {
  const box = document.getElementById(id);
  const draw = () => {
    const w = Math.max(box.clientWidth, 240), h = 210, dt = series.interval_seconds;
    const x = t => LEFT + t / seconds * (w - LEFT - RIGHT), y = v => h - BOTTOM - v / top * (h - TOP - BOTTOM);
    let out = `<svg viewBox="0 0 ${w} ${h}" height="${h}" role="img">`;
    for (const v of byteTicks(top, 4)) {
      out += `<line class="grid" x1="${LEFT}" x2="${w - RIGHT}" y1="${y(v)}" y2="${y(v)}"/><text x="${LEFT - 8}" y="${y(v) + 4}" text-anchor="end">${words.axis(v)}</text>`;
    }
    for (const t of timeTicks(0, seconds, w / 110)) out += `<text x="${x(t)}" y="${h - 8}" text-anchor="${t === 0 ? "start" : x(t) > w - 40 ? "end" : "middle"}">${time(t)}</text>`;
    for (const { values, color, area, steps } of lines) {
      const points = [];
      values.forEach((v, i) => {
        if (v === null) return;
        const a = Math.min(i * dt, seconds), b = Math.min((i + 1) * dt, seconds);
        if (steps) points.push([x(a), y(v)], [x(b), y(v)]); else points.push([x(Math.min(a + dt / 2, seconds)), y(v)]);
      });
      if (!points.length) continue;
      if (!steps) { points.unshift([x(0), points[0][1]]); points.push([x(seconds), points[points.length - 1][1]]); }
      const path = points.map(p => p[0].toFixed(1) + "," + p[1].toFixed(1)).join(" ");
      const first = points[0][0], last = points[points.length - 1][0];
      if (area) out += `<polygon points="${first},${y(0)} ${path} ${last},${y(0)}" fill="var(${color})" fill-opacity=".22"/>`;
      out += `<polyline points="${path}" fill="none" stroke="var(${color})" stroke-width="1.75" stroke-linejoin="round"/>`;
    }
    if (limit) out += `<line x1="${LEFT}" x2="${w - RIGHT}" y1="${y(limit)}" y2="${y(limit)}" stroke="var(--budget)" stroke-width="1.5" stroke-dasharray="6 4"/>`;
    box.innerHTML = out + `<line class="cross" y1="${TOP}" y2="${h - BOTTOM}" visibility="hidden"/></svg>`;
    const cross = box.querySelector(".cross");
    box.onpointermove = e => {
      const at = (e.clientX - box.getBoundingClientRect().left - LEFT) / (w - LEFT - RIGHT) * seconds;
      if (at < 0 || at > seconds) { box.onpointerleave(); return; }
      cross.setAttribute("x1", x(at)); cross.setAttribute("x2", x(at)); cross.setAttribute("visibility", "visible");
      showTip(words.tip(Math.floor(at / dt), at), e);
    };
    box.onpointerleave = () => { cross.setAttribute("visibility", "hidden"); hideTip(); };
  };
  return draw;
};
const none = (id, text) => () => {
  const p = document.createElement("p");
  p.className = "note";
  p.textContent = text;
  document.getElementById(id).replaceChildren(p);
};
// The latest known value at or before interval i.
const known = (values, i) => { while (i >= 0 && (values[i] === null || values[i] === undefined)) i--; return i >= 0 ? values[i] : null; };

const drawMemory = (() => {
  const used = series.accounted_bytes, resident = series.resident_bytes, budget = report.memory.budget_bytes;
  const most = Math.max(1, ...used.map(v => v || 0), ...resident.map(v => v || 0));
  if (!resident.some(v => v !== null)) return none("memory-plot", "The run was over before memory was sampled.");
  const show = budget > 0 && budget <= most * 8; // a budget far above would flatten everything
  if (!show) document.querySelector("#memory .key.budget").nextSibling.textContent = "budget " + bytes(budget) + " (far above)";
  const lines = [{ values: used, color: "--used", area: true }, { values: resident, color: "--resident" }];
  return chart("memory-plot", lines, Math.max(most, show ? budget : 0) * 1.08, show ? budget : 0, {
    axis: bytes,
    tip: (i, at) => {
      const r = known(resident, i), u = known(used, i);
      return "at " + time(at) + (r === null ? "" : "\nresident " + bytes(r) + "\naccounted " + bytes(u)) + "\nbudget " + bytes(budget);
    },
  });
})();

const drawBytes = (() => {
  // The last interval is cut short by the end of the run.
  const dt = series.interval_seconds;
  let names = ["read", "written", "spilled"].filter(n => series[n + "_bytes"].some(v => v > 0));
  if (!names.length) return none("bytes-plot", "Nothing was read from, written to or spilled to storage.");
  const n = series.read_bytes.length, wide = Math.max(1, Math.ceil(n / 240)); // wider steps are calmer to look at
  const rate = name => {
    const v = series[name + "_bytes"], out = new Array(n);
    for (let i = 0; i < n; i += wide) {
      let sum = 0;
      const end = Math.min(i + wide, n);
      for (let j = i; j < end; j++) sum += v[j];
      const length = Math.max(Math.min(end * dt, seconds) - i * dt, dt / 100);
      out.fill(sum / length, i, end);
    }
    return out;
  };
  const lines = names.map(n => ({ name: n, values: rate(n), color: "--" + n, area: true, steps: true }));
  const top = Math.max(1, ...lines.flatMap(l => l.values)) * 1.08;
  return chart("bytes-plot", lines, top, 0, {
    axis: v => bytes(v) + "/s",
    tip: (i, at) => "at " + time(at) + lines.map(l => "\n" + l.name + " " + bytes(l.values[i] || 0) + "/s").join(""),
  });
})();
