"use strict";
(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const narrow = window.matchMedia("(max-width: 600px)");
  const coarse = window.matchMedia("(pointer: coarse)");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const config = { displayModeBar: false };

  function painted(value, style) {
    if (typeof value === "string") {
      return /^\$[a-z]+$/.test(value) ? style.getPropertyValue("--" + value.slice(1)).trim() : value;
    }
    if (Array.isArray(value)) {
      return value.map((part) => painted(part, style));
    }
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, painted(part, style)]));
    }
    return value;
  }

  function draw(chart) {
    const place = document.getElementById("chart-" + chart.name);
    const figure = painted(chart.figures[chart.chosen], getComputedStyle(document.documentElement));
    figure.layout.font.size = narrow.matches ? 11 : 13;
    figure.layout.dragmode = coarse.matches ? false : "zoom";
    place.style.height = figure.layout.height + "px";
    Plotly.react(place, figure.data, figure.layout, config);
    for (const table of document.querySelectorAll(`[data-chart="${chart.name}"]`)) {
      table.hidden = table.dataset.choice !== String(chart.chosen);
    }
  }

  const fit = new ResizeObserver((entries) => entries.forEach((entry) => Plotly.Plots.resize(entry.target)));
  for (const chart of charts) {
    chart.chosen = 0;
    const choice = document.getElementById("choice-" + chart.name);
    if (choice !== null) {
      choice.value = "0";
      choice.addEventListener("change", () => { chart.chosen = Number(choice.value); draw(chart); });
    }
    draw(chart);
    fit.observe(document.getElementById("chart-" + chart.name));
  }
  const again = () => charts.forEach(draw);
  dark.addEventListener("change", again);
  narrow.addEventListener("change", again);
})();
