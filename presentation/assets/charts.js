/* Draws every [data-chart] (presentation/charts.py) with the vendored ECharts: on canvas, in the page's own colours and
   type, standing still. Loaded by hall.js where a page has a chart. Other scripts of this site may call
   hallCharts.scan(element) after putting figures into a page and hallCharts.update(id, data) for new numbers. */
(function () {
  "use strict";
  var root = document.documentElement;
  var drawn = [];

  function all(selector, within) { return Array.prototype.slice.call((within || document).querySelectorAll(selector)); }
  function style(name) { return window.getComputedStyle(root).getPropertyValue(name).trim(); }
  function text(value, data) {
    if (value === null || value === undefined) { return "没有数据"; }
    return Number(value).toLocaleString("zh-CN", { minimumFractionDigits: data.digits, maximumFractionDigits: data.digits }) + (data.unit === "%" ? "%" : data.unit ? " " + data.unit : "");
  }

  var TONES = { normal: "--light-normal", warning: "--light-warning", yellow: "--light-yellow", red: "--light-red", gold: "--gold-line", soft: "--line-strong" };
  var SYMBOLS = ["circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect"];
  var DASHES = ["solid", "dashed", "dotted", [8, 3, 2, 3], [2, 5], [12, 4]];
  // A light is known by its pattern as well as by its colour, as everywhere.
  var PATTERNS = { warning: { symbol: "diamond", symbolSize: .5, dashArrayX: 6, dashArrayY: 6 }, yellow: { symbol: "triangle", symbolSize: .6, dashArrayX: 7, dashArrayY: 7 }, red: { symbol: "rect", symbolSize: .7, dashArrayX: [[5, 5], [0, 5, 5, 0]], dashArrayY: [5, 0] } };

  function colours(data) {
    var plain = 0;
    return data.series.map(function (each) {
      if (TONES[each.tone]) { return style(TONES[each.tone]); }
      plain = plain % 6 + 1;
      return style("--chart-" + plain);
    });
  }

  function highest(data) {
    return data.series.reduce(function (top, each) { return Math.max.apply(null, [top].concat(each.values.filter(function (v) { return v !== null; }))); }, data.target || 0);
  }

  function option(data, width) {
    var ink = style("--ink"), soft = style("--ink-soft"), line = style("--line"), paper = style("--paper");
    var size = Math.round(parseFloat(style("--type")) * 0.8) || 14;
    var font = { color: soft, fontSize: size, fontFamily: style("--sans") };
    var tint = colours(data);
    var lined = data.kind === "lines";
    var many = data.series.length > 1;
    var narrow = width < 560;
    var names = Math.min(width * (narrow ? .34 : .26), size * 14);
    var category = {
      type: "category", data: data.categories, inverse: data.across,
      axisLine: { lineStyle: { color: line } }, axisTick: { show: false },
      axisLabel: data.across ? Object.assign({ width: names, overflow: "truncate", ellipsis: "…", interval: 0 }, font) : Object.assign({ hideOverlap: true, interval: lined ? "auto" : 0, width: Math.max(size * 2, (width - 80) / Math.max(1, data.categories.length) - 6), overflow: "break" }, font)
    };
    if (lined) { category.boundaryGap = false; delete category.axisLabel.width; delete category.axisLabel.overflow; }
    var value = {
      type: "value", interval: data.unit === "%" && highest(data) > 60 && highest(data) <= 100 ? 20 : undefined, splitNumber: narrow ? 3 : 5, minInterval: data.digits ? undefined : 1,
      max: function (extent) {
        var top = Math.max(extent.max, data.target || 0);
        if (data.unit === "%" && top <= 100) { return top > 60 ? 100 : null; }
        return top > extent.max ? Math.ceil(top * 1.05) : null;
      },
      splitLine: { lineStyle: { color: line } }, axisLine: { show: false },
      axisLabel: Object.assign({ hideOverlap: true, formatter: data.unit === "%" ? "{value}%" : undefined }, font)
    };
    var series = data.series.map(function (each, place) {
      var one = { name: each.label, type: lined ? "line" : "bar", data: each.values, itemStyle: { color: tint[place] } };
      if (lined) {
        one.symbol = SYMBOLS[place % SYMBOLS.length];
        one.symbolSize = size * .55;
        one.lineStyle = { width: 2.5, type: DASHES[place % DASHES.length], color: tint[place] };
        one.connectNulls = false;
      } else {
        one.barMaxWidth = data.across ? size * 1.5 : size * 3;
        one.barMinHeight = 1;
        if (data.kind === "stacked") { one.stack = "all"; one.itemStyle.borderColor = paper; one.itemStyle.borderWidth = 1; }
        if (PATTERNS[each.tone]) { one.itemStyle.decal = Object.assign({ color: paper, backgroundColor: "transparent" }, PATTERNS[each.tone]); }
        if (!many && data.categories.length <= 40) {
          one.label = Object.assign({ show: true, position: data.across ? "right" : "top", formatter: function (at) { return at.value === null || at.value === undefined ? "" : text(at.value, { digits: data.digits, unit: data.unit === "%" ? "%" : "" }); } }, font, { color: ink });
        }
      }
      if (place === 0 && data.target !== null && data.target !== undefined) {
        var at = {}; at[data.across ? "xAxis" : "yAxis"] = data.target;
        one.markLine = { symbol: "none", silent: true, animation: false, data: [at], lineStyle: { color: style("--gold-line"), type: "dashed", width: 2 }, label: Object.assign({}, font, { color: style("--gold"), formatter: data.targetLabel + " " + text(data.target, data), position: data.across ? "start" : "insideEndTop" }) };
      }
      return one;
    });
    return {
      animation: false, backgroundColor: "transparent", textStyle: font,
      aria: { enabled: false },
      grid: { left: data.across ? names + 14 : size * 3.6, right: data.across ? size * 4.4 : size * 1.6, top: many ? size * (narrow && data.series.length > 3 ? 5.2 : 3) : data.across && data.target !== null && data.target !== undefined ? size * 2 : size * 1.6, bottom: size * (data.across ? 2.4 : 3.2) },
      legend: many ? { top: 0, left: 0, icon: lined ? undefined : "roundRect", itemWidth: size * 1.6, itemHeight: size * .8, textStyle: Object.assign({}, font, { color: ink }), selectedMode: false, data: data.series.map(function (each) { return each.label; }) } : undefined,
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, transitionDuration: 0, axisPointer: { type: lined ? "line" : "shadow", animation: false, shadowStyle: { color: style("--line"), opacity: .35 }, lineStyle: { color: style("--line-strong") } },
        backgroundColor: paper, borderColor: style("--line-strong"), borderWidth: 1, textStyle: Object.assign({}, font, { color: ink }),
        formatter: function (found) { return found[0].name + "\n" + found.map(function (each) { return each.seriesName + "：" + text(each.value, data); }).join("\n"); }
      },
      xAxis: data.across ? value : category, yAxis: data.across ? category : value, series: series
    };
  }

  function height(data, width) {
    var size = Math.round(parseFloat(style("--type")) * 0.8) || 14;
    var bars = data.kind === "bars" ? data.series.length : 1;
    if (data.across) { return Math.round(size * 5.4 + data.categories.length * size * (1.15 + bars * .95)); }
    return Math.round(Math.min(size * 26, Math.max(size * 17, width * .42)));
  }

  function Drawing(figure) {
    this.figure = figure;
    this.box = figure.querySelector(".chart-canvas");
    this.data = JSON.parse(figure.getAttribute("data-chart"));
    this.box.hidden = false;
    this.width = 0;
    this.draw();
    var own = this;
    this.chart.on("click", function (at) { var to = own.data.hrefs[at.dataIndex]; if (to) { window.location.href = to; } });
    if (window.ResizeObserver) {
      new window.ResizeObserver(function () { if (own.box.clientWidth && own.box.clientWidth !== own.width) { own.draw(); } }).observe(this.box);
    }
  }
  Drawing.prototype.draw = function () {
    this.width = this.box.clientWidth;
    if (!this.width) { return; }
    this.box.style.height = height(this.data, this.width) + "px";
    if (!this.chart) { this.chart = window.echarts.init(this.box, null, { renderer: "canvas", locale: "ZH" }); }
    this.chart.resize();
    this.chart.setOption(option(this.data, this.width), { notMerge: true });
  };

  function cell(value) {
    var plain = String(value);
    // A spreadsheet must not read a name as a formula.
    if (/^[=+\-@\t\r]/.test(plain) && isNaN(Number(plain))) { plain = "'" + plain; }
    return /[",\r\n]/.test(plain) ? "\"" + plain.replace(/"/g, "\"\"") + "\"" : plain;
  }
  function csv(figure) {
    var data = JSON.parse(figure.getAttribute("data-chart"));
    var rows = [[figure.querySelector("thead th").textContent].concat(data.series.map(function (each) { return each.label + (data.unit ? "（" + data.unit + "）" : ""); }))];
    data.categories.forEach(function (name, place) { rows.push([name].concat(data.series.map(function (each) { var v = each.values[place]; return v === null ? "" : v; }))); });
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff" + rows.map(function (row) { return row.map(cell).join(","); }).join("\r\n") + "\r\n"], { type: "text/csv;charset=utf-8" }));
    link.download = data.title.replace(/[\\/:*?"<>|\s]+/g, "-") + ".csv";
    link.click();
    window.setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  }

  function fold(figure) {
    var details = figure.querySelector(".chart-data");
    if (details && !details.hasAttribute("data-stays")) { details.open = false; }
  }
  function scan(within) {
    all("[data-chart]", within).forEach(function (figure) {
      if (figure.hallChart || !window.echarts) { return; }
      try {
        figure.hallChart = new Drawing(figure);
        drawn.push(figure.hallChart);
        fold(figure);
        all("[data-chart-csv]", figure).forEach(function (button) { button.hidden = false; button.addEventListener("click", function () { csv(figure); }); });
      } catch (e) {
        figure.querySelector(".chart-canvas").hidden = true;
        if (window.console) { window.console.error(e); }
      }
    });
  }
  function update(id, data) {
    var figure = document.getElementById(id);
    if (!figure || !figure.hallChart) { return; }
    figure.setAttribute("data-chart", JSON.stringify(data));
    figure.hallChart.data = data;
    figure.hallChart.draw();
    all("tbody tr", figure).forEach(function (row, place) {
      all("td", row).forEach(function (each, at) {
        var value = data.series[at].values[place];
        each.textContent = value === null ? "—" : text(value, { digits: data.digits, unit: "" });
      });
    });
  }
  function again() {
    drawn = drawn.filter(function (each) { return each.figure.isConnected || (each.chart && each.chart.dispose(), false); });
    drawn.forEach(function (each) { each.draw(); });
  }

  window.hallCharts = { scan: scan, update: update };
  function start() {
    scan();
    new MutationObserver(again).observe(root, { attributes: true, attributeFilter: ["data-elder"] });
    ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"].forEach(function (query) {
      var media = window.matchMedia(query);
      if (media.addEventListener) { media.addEventListener("change", again); }
    });
  }
  if (document.readyState === "loading") { document.addEventListener("DOMContentLoaded", start); } else { start(); }
})();
