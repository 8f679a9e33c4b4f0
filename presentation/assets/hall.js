/* County Hall in the browser: every part is an enhancement, each page works without it. No frameworks, no requests
   but the suggestion list of this site. Loaded in the head so that elder mode is set before the page is drawn. */
(function () {
  "use strict";
  var root = document.documentElement;
  root.setAttribute("data-script", "on");

  var store = {
    get: function (key) { try { return window.localStorage.getItem(key); } catch (e) { return null; } },
    set: function (key, value) {
      try { if (value === null) { window.localStorage.removeItem(key); } else { window.localStorage.setItem(key, value); } } catch (e) { /* private mode */ }
    }
  };

  if (store.get("hall-elder") === "1") { root.setAttribute("data-elder", ""); }

  function all(selector, within) { return Array.prototype.slice.call((within || document).querySelectorAll(selector)); }
  function make(tag, className, text) {
    var element = document.createElement(tag);
    if (className) { element.className = className; }
    if (text !== undefined) { element.textContent = text; }
    return element;
  }

  /* ---- elder mode ---- */
  function elderSwitch() {
    all("[data-elder-switch]").forEach(function (button) {
      // Pressed or not says which it is; a label that changed too would say the opposite.
      function show() { button.setAttribute("aria-pressed", root.hasAttribute("data-elder") ? "true" : "false"); }
      button.hidden = false;
      show();
      button.addEventListener("click", function () {
        var on = !root.hasAttribute("data-elder");
        if (on) { root.setAttribute("data-elder", ""); } else { root.removeAttribute("data-elder"); }
        store.set("hall-elder", on ? "1" : null);
        show();
      });
    });
  }

  /* ---- type-ahead: [title, code, department, limit, initials, plain names] rows of site/data/suggest.json ---- */
  var rows = null;
  var waiting = null;
  function suggestions() {
    if (rows) { return Promise.resolve(rows); }
    if (!waiting) {
      waiting = fetch("/data/suggest.json").then(function (answer) { return answer.ok ? answer.json() : { items: [] }; })
        .then(function (data) { rows = data.items; return rows; })
        .catch(function () { rows = []; return rows; });
    }
    return waiting;
  }
  function rank(row, query) {
    var title = row[0].toLowerCase();
    if (title === query) { return 0; }
    if (title.indexOf(query) === 0) { return 1; }
    if (row[5].some(function (name) { return name.toLowerCase().indexOf(query) === 0; })) { return 2; }
    if (title.indexOf(query) > 0) { return 3; }
    if (row[5].some(function (name) { return name.toLowerCase().indexOf(query) >= 0; })) { return 4; }
    if (/^[a-z]{2,}$/.test(query)) {
      if (row[4].indexOf(query) === 0) { return 5; }
      if (row[4].indexOf(query) > 0) { return 6; }
    }
    if (query.length >= 3 && !/[a-z]/.test(query)) {
      var text = title + row[5].join("").toLowerCase();
      var missing = query.split("").filter(function (mark) { return text.indexOf(mark) < 0; }).length;
      if (missing === 0) { return 7; }
    }
    return 99;
  }
  function typeAhead(input) {
    var form = input.form;
    if (!form || !window.fetch) { return; }
    var list = make("ul", "suggest");
    list.id = input.id + "-list";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "可能要办的事");
    form.appendChild(list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-autocomplete", "list");
    var active = -1;
    function close() { list.hidden = true; active = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); }
    function mark(index) {
      var options = all("li", list);
      if (!options.length) { return; }
      active = (index + options.length) % options.length;
      options.forEach(function (option, place) { option.setAttribute("aria-selected", place === active ? "true" : "false"); });
      input.setAttribute("aria-activedescendant", options[active].id);
    }
    function show() {
      var query = input.value.trim().toLowerCase();
      if (!query) { close(); return; }
      suggestions().then(function (known) {
        if (input.value.trim().toLowerCase() !== query) { return; }
        var found = known.map(function (row, place) { return [rank(row, query), place, row]; })
          .filter(function (each) { return each[0] < 99; })
          .sort(function (a, b) { return a[0] - b[0] || a[1] - b[1]; }).slice(0, 8);
        list.textContent = "";
        found.forEach(function (each, place) {
          var row = each[2];
          var option = make("li");
          option.id = list.id + "-" + place;
          option.setAttribute("role", "option");
          option.setAttribute("aria-selected", "false");
          var link = make("a");
          link.href = "/items/" + encodeURIComponent(row[1]) + "/";
          link.tabIndex = -1;
          link.appendChild(make("span", "", row[0]));
          link.appendChild(make("small", "", row[2] + (row[3] ? " · " + row[3] : "")));
          option.appendChild(link);
          list.appendChild(option);
        });
        list.hidden = found.length === 0;
        input.setAttribute("aria-expanded", found.length ? "true" : "false");
        active = -1;
      });
    }
    input.addEventListener("input", show);
    input.addEventListener("focus", function () { suggestions(); });
    input.addEventListener("keydown", function (event) {
      if (event.isComposing || list.hidden) { return; }
      if (event.key === "ArrowDown") { event.preventDefault(); mark(active + 1); }
      else if (event.key === "ArrowUp") { event.preventDefault(); mark(active - 1); }
      else if (event.key === "Escape") { close(); }
      else if (event.key === "Enter" && active >= 0) { event.preventDefault(); all("a", list)[active].click(); }
    });
    document.addEventListener("click", function (event) { if (!form.contains(event.target)) { close(); } });
    form.addEventListener("focusout", function (event) { if (event.relatedTarget && !form.contains(event.relatedTarget)) { close(); } });
  }

  /* ---- lists filtered in the browser ---- */
  function listFilter(bar) {
    var list = document.getElementById(bar.getAttribute("data-filter"));
    if (!list) { return; }
    var entries = all("[data-words]", list);
    var groups = all("[data-group]", list);
    var controls = all("input, select", bar);
    var count = document.getElementById(bar.getAttribute("data-filter") + "-count");
    var nothing = document.getElementById(bar.getAttribute("data-filter") + "-nothing");
    bar.hidden = false;
    function apply() {
      var shown = 0;
      entries.forEach(function (entry) {
        var fits = controls.every(function (control) {
          var value = control.value.trim().toLowerCase();
          if (!value) { return true; }
          if (control.name === "words") {
            return value.split(/\s+/).every(function (word) { return entry.getAttribute("data-words").indexOf(word) >= 0; });
          }
          return (" " + (entry.getAttribute("data-" + control.name) || "") + " ").indexOf(" " + value + " ") >= 0;
        });
        entry.hidden = !fits;
        if (fits) { shown += 1; }
      });
      groups.forEach(function (group) { group.hidden = !group.querySelector("[data-words]:not([hidden])"); });
      if (count) { count.textContent = "共 " + shown + " 项"; }
      if (nothing) { nothing.hidden = shown > 0; }
    }
    controls.forEach(function (control) { control.addEventListener(control.tagName === "SELECT" ? "change" : "input", apply); });
    bar.addEventListener("submit", function (event) { event.preventDefault(); });
    apply();
  }

  /* ---- ticks on a checklist stay on this device ---- */
  function checklist(list) {
    var key = "hall-ticks-" + list.getAttribute("data-checklist");
    var ticks = {};
    try { ticks = JSON.parse(store.get(key) || "{}"); } catch (e) { ticks = {}; }
    var boxes = all("input[type=checkbox]", list);
    var said = document.querySelector("[data-checklist-count]");
    function show() {
      var done = boxes.filter(function (box) { return box.checked; }).length;
      if (said) { said.textContent = "已备好 " + done + " / " + boxes.length + " 样（只记在您这台设备上）"; }
    }
    boxes.forEach(function (box) {
      box.checked = !!ticks[box.value];
      box.addEventListener("change", function () {
        if (box.checked) { ticks[box.value] = 1; } else { delete ticks[box.value]; }
        store.set(key, JSON.stringify(ticks));
        show();
      });
    });
    show();
  }

  /* ---- forms ---- */
  function valuesOf(form, name) {
    return all("[name]", form).filter(function (control) {
      // Answers kept from other pages of the same form lie in hidden inputs and count.
      return control.name === name && !control.closest("[data-when][hidden]");
    }).filter(function (control) {
      return (control.type !== "radio" && control.type !== "checkbox") || control.checked;
    }).map(function (control) { return control.value.trim(); }).filter(Boolean);
  }
  function conditions(form) {
    if (!form.querySelector("[data-when]")) { return; }
    function apply() {
      // Asked anew each time, in order: rows come and go, and a hidden answer must not open another question.
      all("[data-when]", form).forEach(function (part) {
        all("[required]", part).forEach(function (control) { control.setAttribute("data-required", ""); });
        var values = valuesOf(form, part.getAttribute("data-when"));
        var wanted = part.getAttribute("data-when-values");
        var filled = part.getAttribute("data-when-filled");
        var holds = wanted !== null
          ? values.some(function (value) { return wanted.split("|").indexOf(value) >= 0; })
          : (values.length > 0) === (filled === "yes");
        part.hidden = !holds;
        // A hidden question must not stop the form from being sent; the server drops its answer.
        all("[data-required]", part).forEach(function (control) { control.required = holds; });
      });
    }
    form.addEventListener("change", apply);
    form.addEventListener("input", apply);
    form.addEventListener("rows", apply);
    apply();
  }

  var idWeights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  var creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  var checks = {
    id_number: function (text) {
      var value = text.replace(/[\s-]/g, "").toUpperCase();
      if (value.length !== 18) { return "居民身份证号是 18 位，现在是 " + value.length + " 位（其他证件请忽略）"; }
      if (!/^\d{17}[\dX]$/.test(value)) { return "身份证号里有不认识的字，请对照证件再看一遍"; }
      var sum = 0;
      for (var i = 0; i < 17; i += 1) { sum += idWeights[i] * Number(value[i]); }
      return "10X98765432"[sum % 11] === value[17] ? "" : "身份证号的最后一位不对，请对照证件再看一遍";
    },
    credit_code: function (text) {
      var value = text.replace(/[\s-]/g, "").toUpperCase();
      if (value.length !== 18) { return "统一社会信用代码是 18 位，现在是 " + value.length + " 位"; }
      var sum = 0;
      var weight = 1;
      for (var i = 0; i < 17; i += 1) {
        var place = creditAlphabet.indexOf(value[i]);
        if (place < 0) { return "信用代码第 " + (i + 1) + " 位“" + value[i] + "”不会出现在代码里，请对照执照再看一遍"; }
        sum += place * weight;
        weight = weight * 3 % 31;
      }
      return creditAlphabet[(31 - sum % 31) % 31] === value[17] ? "" : "信用代码的最后一位不对，请对照执照再看一遍";
    },
    phone: function (text) {
      return /^(1\d{10}|0\d{2,3}-?\d{7,8}|400-?\d{3}-?\d{4}|\d{3,8})$/.test(text.replace(/\s/g, "")) ? "" : "电话号码好像少了几位或多了几位，座机请写区号，如 0000-5550012";
    },
    email: function (text) { return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text.trim()) ? "" : "电子邮箱应当像 name@example.com 这样"; }
  };
  function hints(form) {
    form.addEventListener("focusout", function (event) {
      var input = event.target;
      var check = input.getAttribute && checks[input.getAttribute("data-check")];
      if (!check) { return; }
      var field = input.closest(".field");
      var old = field.querySelector(".field-hint");
      if (old) { old.remove(); }
      var message = input.value.trim() ? check(input.value) : "";
      if (message) {
        var hint = make("p", "field-hint", message);
        hint.setAttribute("role", "status");
        field.appendChild(hint);
      }
    });
    all("[data-count]", form).forEach(function (area) {
      var note = make("p", "field-help");
      area.parentNode.appendChild(note);
      function show() { note.textContent = "已写 " + area.value.length + " 字，最多 " + area.maxLength + " 字"; }
      area.addEventListener("input", show);
      show();
    });
  }

  function tableRows(set) {
    var id = set.getAttribute("data-rows");
    var most = Number(set.getAttribute("data-max-rows"));
    var least = Math.max(1, Number(set.getAttribute("data-min-rows")));
    var add = set.querySelector("[data-add-row]");
    function cards() { return all("[data-row]", set); }
    function firstField(card) {
      return all("input, textarea, select", card).filter(function (control) { return control.type !== "hidden" && !control.closest("[hidden]"); })[0];
    }
    function number() {
      cards().forEach(function (card, place) {
        card.setAttribute("aria-label", card.getAttribute("aria-label").replace(/第 \d+ 行/, "第 " + (place + 1) + " 行"));
        card.querySelector("[data-row-number]").textContent = "第 " + (place + 1) + " 行";
        var pattern = new RegExp("^([fhe]-)?" + id + "\\.\\d+\\.");
        all("*", card).forEach(function (element) {
          ["id", "name", "for", "aria-describedby", "data-when"].forEach(function (attribute) {
            var value = element.getAttribute(attribute);
            if (value) { element.setAttribute(attribute, value.split(" ").map(function (part) { return part.replace(pattern, function (whole, mark) { return (mark || "") + id + "." + place + "."; }); }).join(" ")); }
          });
        });
        var remove = card.querySelector("[data-remove-row]");
        if (!remove) {
          remove = make("button", "link-button", "删除这一行");
          remove.type = "button";
          remove.setAttribute("data-remove-row", "");
          card.querySelector(".row-head").appendChild(remove);
        }
        remove.value = id + "." + place;
        remove.hidden = cards().length <= least;
      });
      if (add) { add.hidden = cards().length >= most; }
      set.dispatchEvent(new Event("rows", { bubbles: true }));
    }
    set.addEventListener("click", function (event) {
      var remove = event.target.closest("[data-remove-row]");
      if (remove) {
        event.preventDefault();
        if (cards().length > least) {
          var gone = remove.closest("[data-row]");
          var place = cards().indexOf(gone);
          gone.remove();
          number();
          // What had the focus is gone: on to the row in its place, or to the button that adds one.
          var next = cards()[place];
          var target = next ? firstField(next) : add;
          if (target) { target.focus(); }
        }
        return;
      }
      if (event.target.closest("[data-add-row]")) {
        event.preventDefault();
        var last = cards()[cards().length - 1];
        var copy = last.cloneNode(true);
        all("input, textarea, select", copy).forEach(function (control) {
          if (control.type === "radio" || control.type === "checkbox") { control.checked = false; } else { control.value = ""; }
        });
        all(".field-error, .field-hint", copy).forEach(function (note) { note.remove(); });
        all(".has-error", copy).forEach(function (field) { field.classList.remove("has-error"); });
        all("[aria-invalid]", copy).forEach(function (control) { control.removeAttribute("aria-invalid"); });
        all("[aria-describedby]", copy).forEach(function (control) {
          var notes = control.getAttribute("aria-describedby").split(" ").filter(function (id) { return id.indexOf("e-") !== 0; });
          if (notes.length) { control.setAttribute("aria-describedby", notes.join(" ")); } else { control.removeAttribute("aria-describedby"); }
        });
        last.after(copy);
        number();
        var first = firstField(copy);
        if (first) { first.focus(); }
      }
    });
    number();
  }

  function size(bytes) { return bytes < 1048576 ? Math.max(1, Math.round(bytes / 1024)) + " KB" : (bytes / 1048576).toFixed(1) + " MB"; }
  function uploads(input) {
    var list = make("ul", "chosen");
    list.setAttribute("aria-live", "polite");
    input.after(list);
    // What the page does not limit, only the server does.
    var megabytes = Number(input.getAttribute("data-max-megabytes")) || Infinity;
    var most = Number(input.getAttribute("data-max-files")) || Infinity;
    input.addEventListener("change", function () {
      list.textContent = "";
      var files = Array.prototype.slice.call(input.files || []);
      var wrong = "";
      files.forEach(function (file) {
        var entry = make("li");
        if (/^image\/(png|jpeg)$/.test(file.type) && window.createImageBitmap) {
          var canvas = make("canvas");
          canvas.width = 44; canvas.height = 44;
          canvas.className = "thumb";
          entry.appendChild(canvas);
          window.createImageBitmap(file).then(function (picture) {
            var edge = Math.min(picture.width, picture.height);
            canvas.getContext("2d").drawImage(picture, (picture.width - edge) / 2, (picture.height - edge) / 2, edge, edge, 0, 0, 44, 44);
          }).catch(function () { canvas.remove(); });
        }
        entry.appendChild(make("span", "", file.name + "（" + size(file.size) + "）"));
        if (file.size > megabytes * 1048576) {
          wrong = file.name + " 有 " + size(file.size) + "，超过 " + megabytes + " MB，请压缩或拆开再传";
          entry.appendChild(make("strong", "field-error", " 太大"));
        }
        list.appendChild(entry);
      });
      if (files.length > most) { wrong = "最多还能传 " + most + " 个文件，现在选了 " + files.length + " 个"; }
      input.setCustomValidity(wrong);
      if (wrong) { list.appendChild(make("li", "field-error", wrong)); }
    });
  }

  /* One click, one submission; the server refuses a second one too. */
  function once(form) {
    var busy = null;
    var label = [];
    var timer = 0;
    // When the page is still here after a while, or here again, it can be sent again and says so.
    function ready() {
      window.clearTimeout(timer);
      form.removeAttribute("data-sent");
      if (busy) {
        busy.removeAttribute("aria-disabled");
        busy.replaceChildren.apply(busy, label);
        busy = null;
      }
    }
    form.addEventListener("submit", function (event) {
      if (event.defaultPrevented) { return; }
      if (form.getAttribute("data-sent")) { event.preventDefault(); return; }
      form.setAttribute("data-sent", "1");
      var button = event.submitter;
      if (button && button.getAttribute("data-busy")) {
        window.setTimeout(function () {
          if (!form.getAttribute("data-sent")) { return; }
          busy = button;
          label = Array.prototype.slice.call(button.childNodes);
          button.setAttribute("aria-disabled", "true");
          button.textContent = button.getAttribute("data-busy");
        }, 0);
      }
      timer = window.setTimeout(ready, 8000);
    });
    window.addEventListener("pageshow", ready);
  }

  /* ---- small things ---- */
  function reportLinks() {
    all("a[data-report]").forEach(function (link) {
      link.href = link.getAttribute("href").split("?")[0] + "?page=" + encodeURIComponent(window.location.pathname);
    });
  }
  function wordsOfAddress() {
    var input = document.querySelector("[data-words-of-address]");
    if (!input || input.value) { return; }
    var words = "";
    try { words = decodeURIComponent(window.location.pathname); } catch (e) { words = window.location.pathname; }
    input.value = words.replace(/\.html?$/, "").split(/[\/\-_.+]+/).filter(function (word) { return word && !/^(items|hall|index|[0-9A-Za-z]{24,})$/.test(word); }).join(" ").slice(0, 60);
  }
  function printing() {
    all("[data-print]").forEach(function (button) {
      button.hidden = false;
      button.addEventListener("click", function () { window.print(); });
    });
    window.addEventListener("beforeprint", function () {
      all("details:not([open])").forEach(function (each) { each.setAttribute("data-was-closed", ""); each.open = true; });
    });
    window.addEventListener("afterprint", function () {
      all("details[data-was-closed]").forEach(function (each) { each.removeAttribute("data-was-closed"); each.open = false; });
    });
  }
  function copying() {
    all("[data-copy]").forEach(function (button) {
      if (!navigator.clipboard) { return; }
      button.hidden = false;
      button.addEventListener("click", function () {
        navigator.clipboard.writeText(button.getAttribute("data-copy")).then(function () { button.textContent = "已复制"; });
      });
    });
  }
  function tableKeys(table) {
    // j / k or the arrows run through rows, Enter opens: the desk from the keyboard.
    var links = function () { return all("tbody a[data-row-link]", table); };
    document.addEventListener("keydown", function (event) {
      if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.ctrlKey || event.metaKey || event.altKey) { return; }
      var step = event.key === "j" ? 1 : event.key === "k" ? -1 : 0;
      if (!step) { return; }
      var known = links();
      var at = known.indexOf(document.activeElement);
      var next = known[Math.min(known.length - 1, Math.max(0, at + step))];
      if (next) { event.preventDefault(); next.focus(); }
    });
  }

  /* ---- charts: the drawing script comes only where a page has one; until then, and if it fails, the table shows ---- */
  var own = document.currentScript && document.currentScript.src || "";
  function charts() {
    if (!document.querySelector("[data-chart]")) { return; }
    var version = own.indexOf("?") < 0 ? "" : own.slice(own.indexOf("?"));
    var tables = all("[data-chart] .chart-data:not([data-stays])");
    function open(shown) { tables.forEach(function (table) { table.open = shown; }); }
    open(false);
    ["/assets/vendor/echarts.common.min.js", "/assets/charts.js"].forEach(function (address) {
      var script = make("script");
      script.src = address + version;
      script.async = false;
      script.onerror = function () { open(true); };
      document.head.appendChild(script);
    });
  }

  /* ---- live board: the server sends the parts that changed; each replaces its own element, politely ---- */
  function live(mark) {
    var address = mark.getAttribute("data-live");
    if (!address || !window.EventSource) { return; }
    var source = new window.EventSource(address);
    var waiting = {};
    var first = true;
    function put(id) {
      var place = document.getElementById(id);
      if (!place) { return; }
      var open = all("details", place).map(function (each) { return each.open; });
      var parsed = new window.DOMParser().parseFromString(waiting[id], "text/html");
      place.replaceChildren.apply(place, Array.prototype.slice.call(parsed.body.childNodes));
      all("details", place).forEach(function (each, at) { each.open = Boolean(open[at]); });
      delete waiting[id];
    }
    function putAll() {
      Object.keys(waiting).forEach(function (id) {
        var place = document.getElementById(id);
        // What someone is reading with the keyboard stays until they have moved on.
        if (place && place.contains(document.activeElement)) { return; }
        put(id);
      });
    }
    function say(words) {
      var said = document.getElementById("board-said");
      if (said) { said.textContent = words; }
    }
    source.addEventListener("open", function () { mark.textContent = mark.getAttribute("data-live-on"); });
    source.addEventListener("error", function () { mark.textContent = mark.getAttribute("data-live-off"); });
    source.addEventListener("ended", function () { source.close(); mark.textContent = mark.getAttribute("data-live-ended"); });
    source.addEventListener("board", function (event) {
      var blocks = JSON.parse(event.data);
      Object.keys(blocks).forEach(function (id) { waiting[id] = blocks[id]; });
      if (!first && blocks["board-urgent"] !== undefined) { say("“现在要人处理的”有变化"); }
      first = false;
      putAll();
    });
    document.addEventListener("focusout", function () { window.setTimeout(putAll, 0); });
    window.addEventListener("pagehide", function () { source.close(); });
  }

  document.addEventListener("DOMContentLoaded", function () {
    charts();
    all("[data-live]").forEach(live);
    elderSwitch();
    all("input[data-suggest]").forEach(typeAhead);
    all("[data-filter]").forEach(listFilter);
    all("[data-checklist]").forEach(checklist);
    all("form").forEach(function (form) {
      conditions(form);
      hints(form);
      if ((form.getAttribute("method") || "").toLowerCase() === "post") { once(form); }
    });
    all("[data-rows]").forEach(tableRows);
    all("input[type=file]").forEach(uploads);
    all("table[data-keys]").forEach(tableKeys);
    reportLinks();
    wordsOfAddress();
    printing();
    copying();
    var focus = document.querySelector("[data-focus]");
    if (focus) { focus.focus(); }
  });
})();
