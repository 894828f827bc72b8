extension Pages {
  /// The style sheet, `text/css`, served at `/assets/style.css`.
  ///
  /// Every `--ink…` can be read on every `--ground…` (contrast of at least 4.5:1, WCAG 2.2 §1.4.3), in both schemes.
  public static let styleSheet = Array(styles.utf8)

  /// The icon of the browser's tab, `image/svg+xml`, served at `/assets/icon.svg`.
  public static let icon = Array(
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
    <rect width="32" height="32" rx="7" fill="#185b73"/>
    <g fill="none" stroke="#fff" stroke-width="2.5" stroke-linecap="round"><path d="M10 9v14M10 20c0-6 11-3 11-9"/></g>
    <g fill="#fff"><circle cx="10" cy="8.500" r="3"/><circle cx="10" cy="23.500" r="3"/><circle cx="21.500" cy="10" r="3"/></g>
    </svg>

    """.utf8)

  static let inlineStyles = HTML(styles: styleSheet)

  private static let styles = """
    :root {
      color-scheme: light dark;
      --ground: #fcfbf8;
      --ground-raised: #f3f1ea;
      --ground-mark: #fbe69b;
      --ground-warn: #fbf0d6;
      --ink: #22201c;
      --ink-quiet: #5c574e;
      --ink-link: #185b73;
      --ink-warn: #724a00;
      --ink-good: #235c3a;
      --line: #e3dfd4;
      --edge: #857e72;
      --text: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
      --display: ui-serif, Charter, "Iowan Old Style", "Source Serif 4", "Noto Serif", Georgia, "Liberation Serif", serif;
      --code: ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --ground: #15171a;
        --ground-raised: #1e2125;
        --ground-mark: #43370a;
        --ground-warn: #2d2511;
        --ink: #e9e6df;
        --ink-quiet: #b0aba1;
        --ink-link: #8bc8e0;
        --ink-warn: #edc57e;
        --ink-good: #93d3a9;
        --line: #2e3238;
        --edge: #80858d;
      }
    }

    *, *::before, *::after { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-padding-top: 1rem; }
    body {
      margin: 0 auto; max-width: 72rem; min-height: 100vh; padding: 0 clamp(1rem, 4vw, 2.5rem);
      display: flex; flex-direction: column;
      background: var(--ground); color: var(--ink); font: 1rem/1.6 var(--text); overflow-wrap: anywhere;
    }
    h1, h2, h3, h4, h5, h6, p, ul, ol, figure, pre, blockquote { margin: 0; padding: 0; }
    .heading h1 { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 4; overflow: hidden; }
    ul, ol { list-style: none; }
    h1 {
      font: 600 clamp(1.6rem, 1.2rem + 1.6vw, 2.25rem)/1.2 var(--display); letter-spacing: -0.01em; text-wrap:
      balance;
    }
    h2 { font: 600 1.15rem/1.3 var(--display); }
    a { color: var(--ink-link); text-decoration-thickness: 1px; text-underline-offset: 0.2em; }
    a:hover { text-decoration-thickness: 2px; }
    :focus-visible { outline: 2px solid var(--ink-link); outline-offset: 2px; border-radius: 3px; }
    main:focus { outline: none; }
    mark { background: var(--ground-mark); color: var(--ink); border-radius: 2px; padding: 0 0.1em; }
    bdi, .text, .snippet { unicode-bidi: isolate; }
    .hidden {
      position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
    }
    .skip { position: absolute; left: -999rem; top: 0.5rem; padding: 0.5rem 1rem; background: var(--ground-raised); }
    .skip:focus { left: 1rem; z-index: 1; }

    body > header {
      display: flex; flex-wrap: wrap; align-items: center; gap: 0.75rem 1.5rem;
      padding: 1.1rem 0; border-bottom: 1px solid var(--line);
    }
    .brand { color: var(--ink); font: 600 1.15rem/1 var(--display); text-decoration: none; }
    .brand:hover { color: var(--ink-link); }
    .search { display: flex; flex: 1 1 16rem; gap: 0.5rem; max-width: 32rem; margin-inline-start: auto; }
    input, button, select {
      font: inherit; color: var(--ink); border: 1px solid var(--edge); border-radius: 8px; min-height: 2.5rem;
    }
    input, select { flex: 1; min-width: 0; padding: 0.3rem 0.75rem; background: var(--ground); }
    input::placeholder { color: var(--ink-quiet); opacity: 1; }
    button { padding: 0.3rem 0.9rem; background: var(--ground-raised); cursor: pointer; }
    button:hover { border-color: var(--ink-link); color: var(--ink-link); }
    .state { display: flex; align-items: center; gap: 0.5rem; font-size: 0.875rem; color: var(--ink-quiet); }
    .state::before { content: ""; width: 0.6rem; height: 0.6rem; border-radius: 50%; border: 2px solid currentColor; }
    .state.online::before { background: currentColor; }
    .state.online { color: var(--ink-good); }
    .state.offline, .state.suspect { color: var(--ink-warn); }

    main { flex: 1; padding: 1.75rem 0 4rem; }
    footer { padding: 1.25rem 0 2rem; border-top: 1px solid var(--line); color: var(--ink-quiet); font-size: 0.875rem; }
    .notice {
      margin-bottom: 1.75rem; padding: 0.75rem 1rem; border-radius: 8px;
      background: var(--ground-warn); color: var(--ink-warn); font-size: 0.9375rem;
    }
    .heading { margin-bottom: 1.75rem; }
    .heading .facts { margin-top: 0.5rem; }
    .back { margin-bottom: 0.5rem; font-size: 0.875rem; }
    .untitled { color: var(--ink-quiet); font-style: italic; }
    .facts {
      display: flex; flex-wrap: wrap; margin-inline-start: -1.25em; clip-path: inset(-4px -4px -4px 1.1em);
      color: var(--ink-quiet); font-size: 0.875rem; line-height: 1.5;
    }
    .facts:empty { display: none; }
    /* The dot before what begins a line is out of sight. */
    .facts li::before { content: "·"; display: inline-block; width: 1.25em; text-align: center; }
    .badge { color: var(--ink-warn); }

    .legend { margin-bottom: 1rem; color: var(--ink-quiet); font-size: 0.875rem; }
    .picture { overflow-x: auto; margin-bottom: 2rem; border: 1px solid var(--line); border-radius: 8px; }
    .tree { display: block; }
    .tree .line { fill: none; stroke: var(--edge); stroke-width: 2; }
    .tree .merge { stroke-dasharray: 4 3; }
    .tree .current { stroke: var(--ink-link); stroke-width: 4; }
    .tree circle { fill: var(--ground); stroke: var(--edge); stroke-width: 2; }
    .tree circle.assistant { fill: var(--edge); }
    .tree a:hover circle, .tree a:focus circle { stroke: var(--ink-link); fill: var(--ink-link); }
    .tree .checkpoint { fill: var(--ink-warn); }
    .tree text { fill: var(--ink-link); font: 0.875rem var(--text); unicode-bidi: isolate; }
    .tree [aria-current] text { fill: var(--ink); font-weight: 600; }
    .chart { display: block; }
    .chart .axis { stroke: var(--edge); }
    .chart text { fill: var(--ink-quiet); font: 0.75rem var(--text); }
    .chart .day { text-anchor: middle; }
    .chart .sent, .chart .spent { fill: var(--ink-quiet); }
    .chart .answered { fill: var(--ink-link); }
    .chart .saved { fill: var(--ink-good); }
    .swatch {
      display: inline-block; width: 0.75rem; height: 0.75rem; margin-inline: 0.75rem 0.4rem; border-radius: 2px;
      border: 6px solid var(--ink-quiet); vertical-align: -0.05rem;
    }
    .swatch:first-child { margin-inline-start: 0; }
    .swatch.answered { border-color: var(--ink-link); }
    .swatch.saved { border-color: var(--ink-good); }
    .overview { max-width: 46rem; margin-top: 2rem; }
    .overview dl { grid-template-columns: max-content minmax(0, 1fr); }
    .overview dd { margin: 0; }
    .overview h2 { margin-bottom: 0.6rem; }
    main > section + section { margin-top: 2.5rem; }
    table { border-collapse: collapse; width: 100%; font-size: 0.9375rem; }
    th, td { padding: 0.4rem 0.9rem; border-top: 1px solid var(--line); text-align: start; font-weight: 400; }
    thead th { border-top: none; }
    th { white-space: nowrap; }
    thead th, tfoot th { color: var(--ink-quiet); font-weight: 600; }
    h2 + .picture { margin-top: 0.75rem; }
    td bdi { display: inline-block; min-width: 8rem; }
    .number, thead th:nth-child(n + 3) { text-align: end; font-variant-numeric: tabular-nums; }
    nav a + a { margin-inline-start: 1rem; font-size: 0.9375rem; }
    .branch-list { margin-top: 0.6rem; }
    .branch-list > li { padding: 0.5rem 0; border-top: 1px solid var(--line); }
    .depth-1 { margin-inline-start: 1rem; }
    .depth-2 { margin-inline-start: 2rem; }
    .depth-3 { margin-inline-start: 3rem; }
    .depth-4 { margin-inline-start: 4rem; }
    .depth-5 { margin-inline-start: 5rem; }
    .depth-6 { margin-inline-start: 6rem; }

    .rows > li { padding: 1rem 0; border-top: 1px solid var(--line); }
    .row-title {
      display: block; width: fit-content; max-width: 52rem; text-align: left;
      color: var(--ink); font: 500 1.125rem/1.4 var(--display); text-decoration: none;
    }
    .row-title:hover { color: var(--ink-link); text-decoration: underline; }
    .row-title bdi { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
    .rows .facts { margin-top: 0.25rem; }
    .snippet { max-width: 46rem; margin-top: 0.35rem; line-height: 1.55; }
    .hints li + li { margin-top: 0.4rem; }
    .operators { max-width: 46rem; margin-top: 2.5rem; }
    .operators > * + * { margin-top: 0.75rem; }
    dl { display: grid; gap: 0.35rem 1.5rem; margin: 0; }
    dt { white-space: normal; }
    dd { margin: 0 0 0.5rem; color: var(--ink-quiet); }
    .paging {
      display: flex; justify-content: space-between; gap: 1rem; padding: 1rem 0; border-top: 1px solid var(--line);
    }
    .paging [aria-current] { color: var(--ink-quiet); }

    .reading { display: grid; gap: 2rem; }
    .reading > * { min-width: 0; }
    .thread { max-width: 46rem; display: grid; gap: 2rem; }
    .thread > *, .thread section > * { min-width: 0; }
    .thread > .notice { margin-bottom: 0; }
    .message header {
      position: relative; display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 0.75rem;
      margin-bottom: 0.4rem; padding-inline-end: 5rem;
    }
    .message h3 { font: 600 0.9375rem/1.5 var(--text); }
    .message .links { position: absolute; inset-inline-end: -0.35rem; top: 0; font-size: 0.875rem; line-height: 1.7; }
    .links a { padding: 0 0.35rem; color: var(--ink-quiet); text-decoration: none; }
    .links a:hover { color: var(--ink-link); }
    .message { padding: 0 1.1rem; border-inline-start: 3px solid transparent; }
    .message.from-user { padding: 0.9rem 1.1rem 1rem; background: var(--ground-raised); border-radius: 10px; }
    .message.from-other { border-color: var(--line); }
    .message.unsure { border: 1px dashed var(--edge); border-radius: 10px; padding: 0.9rem 1.1rem 1rem; }
    .message:target { outline: 2px solid var(--ink-link); outline-offset: 4px; border-radius: 10px; }
    .text { white-space: pre-wrap; unicode-bidi: plaintext; text-align: start; }
    .message .text { line-height: 1.65; }
    .markdown { line-height: 1.65; }
    .markdown > * + * { margin-top: 0.85rem; }
    .markdown h4, .markdown h5, .markdown h6 { font: 600 1rem/1.4 var(--text); }
    .markdown h4 { font-size: 1.1875rem; }
    .markdown h5 { font-size: 1.0625rem; }
    .markdown > * + h4, .markdown > * + h5, .markdown > * + h6 { margin-top: 1.4rem; }
    .markdown ul { list-style: disc; }
    .markdown ol { list-style: decimal; }
    .markdown ul, .markdown ol { padding-inline-start: 1.5rem; }
    .markdown li + li { margin-top: 0.2rem; }
    .markdown li > p + p, .markdown li > ul, .markdown li > ol, .markdown li > .code { margin-top: 0.4rem; }
    .markdown .task { list-style: none; margin-inline-start: -1.5rem; }
    .markdown .task > :is(ul, ol, p, .code) { margin-inline-start: 1.5rem; }
    .markdown blockquote {
      padding-inline-start: 1rem; border-inline-start: 3px solid var(--edge); color: var(--ink-quiet);
    }
    .markdown :is(ul, ol, blockquote) :is(ul, ol, blockquote) :is(ul, ol, blockquote) :is(ul, ol, blockquote)
      :is(ul, ol, blockquote) :is(ul, ol, blockquote) { padding-inline-start: 0; border: 0; list-style-position: inside; }
    .markdown blockquote > * + * { margin-top: 0.6rem; }
    .markdown hr { width: 100%; height: 0; margin: 1.4rem 0; border: 0; border-top: 1px solid var(--line); }
    .markdown .table { max-width: 100%; overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
    .markdown table { width: auto; overflow-wrap: normal; }
    .markdown thead th { text-align: start; }
    .markdown .center { text-align: center; }
    .markdown .right { text-align: end; }
    .markdown p code, .markdown li code, .markdown td code {
      padding: 0.1em 0.3em; border-radius: 4px; background: var(--ground-raised);
    }
    .from-user .markdown p code, .from-user .markdown li code, .from-user .markdown td code { background: var(--ground); }
    .picture-mark { color: var(--ink-quiet); }
    body.wide { max-width: 100rem; }
    .choice {
      display: grid; grid-template-columns: max-content minmax(0, 1fr); align-items: center; gap: 0.5rem 0.75rem;
      margin-bottom: 1.5rem; font-size: 0.9375rem;
    }
    .choice button { grid-column: 2; justify-self: start; }
    .field { display: contents; }
    .kicker { color: var(--ink-quiet); font-size: 0.9375rem; }
    .newest { direction: rtl; }
    .newest > * { direction: ltr; margin-right: auto; }
    .sides { display: grid; gap: 2.5rem; margin-top: 1.75rem; }
    .sides > .thread { max-width: none; align-content: start; padding-top: 0.9rem; border-top: 3px solid var(--line); }
    .kept { margin-top: 2.5rem; padding-top: 1.25rem; border-top: 3px solid var(--line); }
    .kept .thread { margin-top: 1.25rem; }
    .actions { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; margin-top: 0.75rem; font-size: 0.9375rem; }
    .checkpoint { padding: 0.5rem 1.1rem; border: 1px dashed var(--edge); border-radius: 10px; }
    .checkpoint .text { margin: 0.5rem 0; }
    .diamond {
      display: inline-block; width: 0.6rem; height: 0.6rem; margin-inline: 0.2rem 0.6rem; transform: rotate(45deg);
      background: var(--ink-warn);
    }
    .earlier { margin-top: 0.85rem; }
    .version { margin-top: 0.6rem; padding-inline-start: 1rem; border-inline-start: 3px solid var(--line); }
    .branches .mark { color: var(--ink-quiet); font-weight: 400; font-style: italic; }
    .remark { margin-bottom: 0.4rem; color: var(--ink-warn); font-size: 0.875rem; }
    .cut { margin-top: 0.75rem; color: var(--ink-quiet); font-style: italic; }
    .code {
      margin: 0.85rem 0; border: 1px solid var(--line); border-radius: 8px; background: var(--ground-raised);
      overflow: hidden;
    }
    .from-user .code { background: var(--ground); }
    .code figcaption {
      padding: 0.3rem 0.9rem; border-bottom: 1px solid var(--line); color: var(--ink-quiet); font-size: 0.8125rem;
    }
    .code:last-child { margin-bottom: 0; }
    .code pre {
      padding: 0.75rem 0.9rem; overflow-x: auto; overflow-wrap: normal; tab-size: 4; font: 0.875rem/1.55 var(--code);
    }
    .code pre:focus-visible { outline-offset: -2px; }
    code { font-family: var(--code); font-size: 0.9em; }
    pre code { font-size: inherit; }
    .thread section { display: grid; gap: 1.25rem; padding-top: 1.5rem; border-top: 1px solid var(--line); }
    .aside-note { color: var(--ink-quiet); font-size: 0.9375rem; }

    .reading aside { display: grid; gap: 1.75rem; align-content: start; font-size: 0.9375rem; }
    aside h2 { margin-bottom: 0.5rem; font: 600 0.875rem/1.5 var(--text); color: var(--ink-quiet); }
    .branches a {
      display: flex; justify-content: space-between; gap: 0.75rem; padding: 0.35rem 0.75rem;
      border-radius: 6px; color: var(--ink); text-decoration: none;
    }
    .branches a:hover { background: var(--ground-raised); color: var(--ink-link); }
    .branches [aria-current] {
      background: var(--ground-raised); box-shadow: inset 3px 0 0 var(--ink-link); font-weight: 600;
    }
    .branches .count { color: var(--ink-quiet); font-weight: 400; font-variant-numeric: tabular-nums; }
    .depth-1 { margin-inline-start: 0.9rem; }
    .depth-2 { margin-inline-start: 1.8rem; }
    .depth-3 { margin-inline-start: 2.7rem; }
    .depth-4 { margin-inline-start: 3.6rem; }
    .depth-5 { margin-inline-start: 4.5rem; }
    .depth-6 { margin-inline-start: 5.4rem; }
    summary { padding: 0.15rem 0; font-weight: 600; font-size: 0.875rem; color: var(--ink-quiet); cursor: pointer; }
    .checkpoints > li { margin-top: 0.6rem; padding: 0.1rem 0.75rem; border-inline-start: 3px solid var(--line); }
    .checkpoints .text { margin-bottom: 0.25rem; line-height: 1.5; }

    .empty { max-width: 42rem; }
    .empty > * + * { margin-top: 1rem; }
    .empty h2 { margin-top: 1.75rem; font: 600 1rem/1.4 var(--text); }
    .empty h2 + .code { margin-top: 0.5rem; }
    .thread .empty { display: block; padding-top: 0; border: 0; }
    .thread .empty h2 { margin-top: 0; }

    @media (min-width: 40rem) {
      .choice { display: flex; flex-wrap: wrap; }
      .field { display: flex; align-items: center; gap: 0.5rem; }
      .choice input, .choice select { width: 10rem; }
      .choice.branches-to-compare select { width: 16rem; }
      dl { grid-template-columns: max-content 1fr; }
      dd { margin: 0; }
    }
    @media (min-width: 62rem) {
      .sides { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 3rem; }
      .reading { grid-template-columns: minmax(0, 1fr) 17rem; gap: 3.5rem; }
      .reading aside {
        order: 2; position: sticky; top: 1.5rem; max-height: calc(100vh - 3rem); overflow-y: auto; align-self: start;
      }
      .reading .thread:only-child { grid-column: 1 / -1; }
    }
    @media (max-width: 40rem) {
      .search { order: 3; flex-basis: 100%; max-width: none; }
      .state { margin-inline-start: auto; }
      .branches ul { max-height: 13rem; overflow-y: auto; }
      .message { padding: 0; border: 0; }
      .message.from-other { padding-inline-start: 0.9rem; border-inline-start: 3px solid var(--line); }
    }
    @media (forced-colors: active) {
      .message.from-user, .notice { border: 1px solid; }
    }
    @media print {
      body > header, .branches, .paging, .links, .actions, .skip { display: none; }
      .code pre { white-space: pre-wrap; }
    }

    """
}
