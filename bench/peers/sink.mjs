// A local server that takes what Langfuse (OTLP) and LangSmith (multipart) send and counts the different spans and runs.
import { createServer } from "node:http";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { answerTo } from "../lib/children.mjs";

const seen = new Set();
/** What LangSmith's client asks for first; its cloud answers alike. */
const info = JSON.stringify({
  version: "0.12.0",
  batch_ingest_config: {
    use_multipart_endpoint: true,
    size_limit: 100,
    size_limit_bytes: 20_971_520,
    scale_up_qsize_trigger: 1_000,
    scale_up_nthreads_limit: 16,
    scale_down_nempty_trigger: 4,
  },
  instance_flags: { gzip_body_enabled: true, zstd_compression_enabled: true },
});

let server;
let port = 0;
async function up() {
  server = createServer(answer);
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  port = server.address().port;
}

function answer(request, response) {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("error", () => {});
  request.on("end", () => {
    const type = request.headers["content-type"] ?? "";
    if (request.method === "POST") note(request, Buffer.concat(chunks), type);
    response.setHeader(
      "content-type",
      type.includes("protobuf") ? "application/x-protobuf" : "application/json",
    );
    if (request.method === "GET") response.end(request.url.includes("info") ? info : "{}");
    else response.end(type.includes("protobuf") ? "" : "{}");
  });
}

function note(request, raw, type) {
  const encoding = request.headers["content-encoding"];
  const body = encoding === "gzip" ? gunzipSync(raw) : encoding === "zstd" ? zstdDecompressSync(raw) : raw;
  if (type.includes("protobuf")) for (const id of spanIds(body)) seen.add(id);
  else if (request.url.includes("multipart")) {
    for (const [, id] of body.toString("latin1").matchAll(/name="(?:post|patch)\.([0-9a-f-]{36})"/g))
      seen.add(id);
  } else if (request.url.includes("runs")) {
    const { post = [], patch = [], id } = JSON.parse(body);
    for (const run of [...post, ...patch, ...(id ? [{ id }] : [])]) seen.add(run.id);
  } else for (const [, id] of body.toString("latin1").matchAll(/"spanId":"([^"]+)"/g)) seen.add(id);
}

/** The ids of the spans in an OTLP request: ResourceSpans (1), ScopeSpans (2), Span (2), span_id (2). */
function spanIds(bytes, path = [1, 2, 2, 2]) {
  const ids = [];
  const [wanted, ...rest] = path;
  for (let place = 0; place < bytes.length; ) {
    const tag = varint();
    const wire = tag & 7;
    if (wire === 2) {
      const end = varint() + place;
      const part = bytes.subarray(place, end);
      if (tag >>> 3 === wanted) ids.push(...(rest.length > 0 ? spanIds(part, rest) : [part.toString("hex")]));
      place = end;
    } else if (wire === 0) varint();
    else place += wire === 1 ? 8 : 4;

    function varint() {
      let value = 0;
      for (let factor = 1; ; factor *= 128) {
        const byte = bytes[place++];
        value += (byte & 127) * factor;
        if (byte < 128) return value;
      }
    }
  }
  return ids;
}

await up();
answerTo(
  {
    seen: () => seen.size,
    forget: () => seen.clear(),
    up,
    down: () => {
      server.close();
      server.closeAllConnections();
    },
  },
  { url: `http://127.0.0.1:${port}` },
);
