// Parses every Mermaid block of the given Markdown files with mermaid itself, and holds it to GitHub's limits.
// node tests/acceptance/mermaid.mjs NODE_MODULES FILE.md ...
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";

const [modules, ...files] = process.argv.slice(2);
const { JSDOM } = createRequire(join(resolve(modules), "x.js"))("jsdom");
const dom = new JSDOM("<!doctype html><body></body>");
globalThis.window = dom.window;
globalThis.document = dom.window.document;
const core = join(resolve(modules), "mermaid", "dist", "mermaid.core.mjs");
const mermaid = (await import(pathToFileURL(core))).default;

const MOST_TEXT = 50_000; // maxTextSize, which parse() does not check
const MOST_EDGES = 500; // maxEdges
const MOST_NODES = 40; // of a draft: beyond it nobody reads the picture

let failed = 0;
for (const file of files) {
  const blocks = [...readFileSync(file, "utf8").matchAll(/^```mermaid\n([\s\S]*?)^```$/gm)].map((match) => match[1]);
  const wrong = [];
  for (const block of blocks) {
    const nodes = new Set(block.match(/^\s*n\d+(?=\[)/gm) ?? []).size;
    const edges = (block.match(/-->/g) ?? []).length;
    const crowded = nodes > MOST_NODES && file.endsWith(".draft.md");
    if (block.length > MOST_TEXT || edges > MOST_EDGES || crowded) wrong.push(`${nodes} nodes, ${edges} edges`);
    try {
      const { diagramType } = await mermaid.parse(block);
      if (!diagramType.startsWith("flowchart")) wrong.push(`a ${diagramType}`);
    } catch (error) {
      wrong.push(String(error.message));
    }
  }
  failed += wrong.length;
  console.log(`${wrong.length ? "REFUSED" : "accepted"}  ${file}: ${blocks.length} diagrams`);
  wrong.forEach((problem) => console.log(`    ${problem.replaceAll("\n", "\n    ")}`));
}
process.exit(failed ? 1 : 0);
