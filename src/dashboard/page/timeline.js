// Tasks by thread, on a canvas: there may be many.
const HUES = ["#4c78d8", "#efa81c", "#f0655a", "#2fae9b", "#a463f2", "#7fb239", "#ea79b2", "#5fb6e8", "#a9714b", "#7d7aca"];
const OTHER = "#8b94a3";
const ranked = report.layers.map((l, i) => i).sort((a, b) => report.layers[b].total_seconds - report.layers[a].total_seconds || a - b);
const colors = new Array(report.layers.length).fill(OTHER);
ranked.slice(0, HUES.length).forEach((layer, i) => { colors[layer] = HUES[i]; });
const nameOf = layer => report.layers[layer] ? report.layers[layer].name : "?";

const legend = document.getElementById("legend");
const addKey = (color, text) => {
  const span = document.createElement("span"), key = document.createElement("i");
  key.className = "key";
  key.style.background = color;
  span.append(key, text.length > 60 ? text.slice(0, 57) + "…" : text);
  legend.append(span);
};
ranked.slice(0, HUES.length).filter(l => report.layers[l].n_tasks > 0).forEach(l => addKey(colors[l], nameOf(l)));
if (ranked.length > HUES.length) addKey(OTHER, (ranked.length - HUES.length) + " others");
document.querySelectorAll("tr[data-layer]").forEach(row => { row.querySelector(".key").style.background = colors[+row.dataset.layer]; });

const canvas = document.getElementById("lanes"), pen = canvas.getContext("2d");
const nLanes = Math.max(data.n_lanes, 1), laneHeight = nLanes > 32 ? 12 : nLanes > 12 ? 18 : 30, gap = nLanes > 32 ? 1 : 4;
const byLane = Array.from({ length: nLanes }, () => []);
const TENTH = 1e-7; // tasks come in tenths of microseconds
for (const [layer, index, thread, start, length] of data.tasks) {
  if (thread < nLanes) byLane[thread].push({ layer, index, start: start * TENTH, end: (start + length) * TENTH });
}
if (report.totals.n_threads > nLanes) document.getElementById("lanes-note").textContent = "The first " + nLanes + " of " + report.totals.n_threads + " threads are drawn.";
let from = 0, to = seconds, drag = null;

const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const place = () => ({ left: LEFT, width: canvas.clientWidth - LEFT - RIGHT });
const toX = t => LEFT + (t - from) / (to - from) * place().width;
const toTime = x => from + (x - LEFT) / place().width * (to - from);

const drawCells = (lane, y) => {
  const cells = data.lanes[lane] || [], dt = series.interval_seconds, ratio = window.devicePixelRatio || 1;
  pen.globalAlpha = data.tasks.length ? 0.75 : 1;
  cells.forEach(([busy, layer], i) => {
    const snap = t => Math.round(Math.max(LEFT, Math.min(toX(t), LEFT + place().width)) * ratio) / ratio; // no seams
    const a = snap(i * dt), b = snap(Math.min((i + 1) * dt, seconds));
    if (busy === 0 || b <= a) return;
    const h = laneHeight * busy / 100;
    pen.fillStyle = colors[layer];
    pen.fillRect(a, y + laneHeight - h, b - a, h);
  });
  pen.globalAlpha = 1;
};
const drawTasks = (lane, y) => {
  const right = LEFT + place().width, thin = 1 / (window.devicePixelRatio || 1);
  for (const t of byLane[lane]) {
    if (t.end < from || t.start > to) continue;
    const a = Math.max(toX(t.start), LEFT), b = Math.min(toX(t.end), right), w = b - a;
    if (w < 1.5 && data.lanes.length) continue; // the bars below show these
    pen.fillStyle = colors[t.layer];
    pen.fillRect(a, y, Math.max(w > 4 ? w - 1 : w, thin), laneHeight);
  }
};
const drawLanes = () => {
  const ratio = window.devicePixelRatio || 1, height = nLanes * (laneHeight + gap) + BOTTOM + 4;
  canvas.style.height = height + "px";
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = height * ratio;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.font = "12px system-ui, 'DejaVu Sans', sans-serif";
  const soft = css("--soft"), grid = css("--grid"), right = LEFT + place().width;
  for (let lane = 0; lane < nLanes; lane++) {
    const y = lane * (laneHeight + gap);
    pen.fillStyle = grid;
    pen.fillRect(LEFT, y, place().width, laneHeight);
    if (laneHeight > 12 || lane % 4 === 0) {
      pen.fillStyle = soft;
      pen.textAlign = "right";
      pen.fillText("thread " + lane, LEFT - 8, y + laneHeight / 2 + 4);
    }
    if (data.lanes.length) drawCells(lane, y);
    drawTasks(lane, y);
  }
  pen.fillStyle = soft;
  for (const t of timeTicks(from, to, place().width / 110)) {
    const x = toX(t), edge = x > right - 30;
    pen.textAlign = t === from ? "left" : edge ? "right" : "center";
    pen.fillText(time(+t.toPrecision(9)), edge ? right : x, height - 8);
  }
  if (drag && drag.now !== undefined) {
    pen.globalAlpha = 0.18;
    pen.fillStyle = css("--accent");
    pen.fillRect(Math.min(drag.x, drag.now), 0, Math.abs(drag.now - drag.x), height - BOTTOM);
    pen.globalAlpha = 1;
  }
};
const taskAt = (lane, x) => {
  let best = null;
  for (const t of byLane[lane] || []) {
    if (toX(t.start) - 1.5 <= x && x <= toX(t.end) + 1.5 && (!best || t.end - t.start < best.end - best.start)) best = t;
  }
  return best;
};
const at = e => { const box = canvas.getBoundingClientRect(); return [e.clientX - box.left, e.clientY - box.top]; };
canvas.onpointerdown = e => {
  const [x] = at(e);
  if (e.pointerType !== "mouse" || x < LEFT) return;
  drag = { x };
  canvas.setPointerCapture(e.pointerId);
};
canvas.onpointermove = e => {
  const [x, y] = at(e), lane = Math.floor(y / (laneHeight + gap));
  if (drag) { drag.now = Math.max(LEFT, Math.min(x, LEFT + place().width)); hideTip(); drawLanes(); return; }
  if (x < LEFT || x > LEFT + place().width || lane >= nLanes) { hideTip(); return; }
  const t = taskAt(lane, x);
  if (t) {
    showTip(nameOf(t.layer) + "\ntask " + t.index + " on thread " + lane + "\n" + time(t.end - t.start) + ", from " + time(t.start), e);
    return;
  }
  const cell = (data.lanes[lane] || [])[Math.floor(toTime(x) / series.interval_seconds)];
  if (cell && cell[0] > 0) showTip("thread " + lane + ": " + cell[0] + " % busy\nmostly " + nameOf(cell[1]) + "\nat " + time(toTime(x)), e);
  else hideTip();
};
canvas.onpointerup = () => {
  if (drag && drag.now !== undefined && Math.abs(drag.now - drag.x) > 4) {
    const a = toTime(Math.min(drag.x, drag.now)), b = toTime(Math.max(drag.x, drag.now));
    if (b - a > 1e-8) [from, to] = [a, b];
  }
  drag = null;
  drawLanes();
};
canvas.onpointercancel = () => { drag = null; drawLanes(); };
canvas.onpointerleave = hideTip;
canvas.ondblclick = () => { [from, to] = [0, seconds]; drawLanes(); };

const heads = [...document.querySelectorAll("#layers th")], body = document.querySelector("#layers tbody");
heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
  const was = head.getAttribute("aria-sort"), down = was ? was === "ascending" : column > 0;
  heads.forEach(h => h.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = row => row.children[column].dataset.v;
  const rows = [...body.rows].sort((a, b) => column === 0 ? value(a).localeCompare(value(b)) : value(a) - value(b));
  body.append(...(down ? rows.reverse() : rows));
}));

const drawAll = () => { drawMemory(); drawBytes(); drawLanes(); };
drawAll();
addEventListener("resize", drawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawLanes);
matchMedia("print").addEventListener("change", drawAll);
