import { expect, test } from "vitest";
import { mediaPiece } from "../../src/langchain/media.ts";

const data = "aGVsbG8=";
const file = (mimeType: string | undefined, bytes: unknown = data) => ({
  type: "file",
  mimeType,
  data: bytes,
});
const link = (uri: string, mimeType?: string) => ({ type: "link", mimeType, uri });
const text = (content: string, mimeType = "text/plain") => file(mimeType, Buffer.from(content));

test.each([
  ["standard image", { type: "image", mimeType: "image/png", data }, file("image/png")],
  [
    "standard image of bytes",
    { type: "image", data: new Uint8Array([1]) },
    file(undefined, new Uint8Array([1])),
  ],
  ["standard audio by address", { type: "audio", url: "https://a/b" }, link("https://a/b")],
  [
    "standard video by id",
    { type: "video", fileId: "file-1", mimeType: "video/mp4" },
    link("file-1", "video/mp4"),
  ],
  ["standard plain text", { type: "text-plain", text: "hello" }, text("hello")],
  ["block with a source type", { type: "file", source_type: "base64", mime_type: "a/b", data }, file("a/b")],
  [
    "block with a source type of an address",
    { type: "image", source_type: "url", url: "https://a" },
    link("https://a"),
  ],
  ["block with a source type of text", { type: "file", source_type: "text", text: "hello" }, text("hello")],
  ["block with a source type of an id", { type: "file", source_type: "id", id: "file-1" }, link("file-1")],
  [
    "OpenAI image address",
    { type: "image_url", image_url: { url: "https://a/b.png" } },
    link("https://a/b.png"),
  ],
  [
    "OpenAI image address, bare",
    { type: "image_url", image_url: "https://a/b.png" },
    link("https://a/b.png"),
  ],
  [
    "OpenAI input image",
    { type: "input_image", image_url: "data:image/png;base64,aGk=" },
    link("data:image/png;base64,aGk="),
  ],
  ["OpenAI input image by id", { type: "input_image", file_id: "file-1" }, link("file-1")],
  ["OpenAI audio", { type: "input_audio", input_audio: { data, format: "mp3" } }, file("audio/mpeg")],
  [
    "OpenAI audio of another format",
    { type: "input_audio", input_audio: { data, format: "flac" } },
    file("audio/flac"),
  ],
  [
    "OpenAI file",
    { type: "file", file: { file_data: "data:a/b;base64,aGk=" } },
    file(undefined, "data:a/b;base64,aGk="),
  ],
  ["OpenAI file by id", { type: "file", file: { file_id: "file-1" } }, link("file-1")],
  ["OpenAI input file by address", { type: "input_file", file_url: "https://a" }, link("https://a")],
  [
    "Anthropic image",
    { type: "image", source: { type: "base64", media_type: "image/png", data } },
    file("image/png"),
  ],
  [
    "Anthropic image by address",
    { type: "image", source: { type: "url", url: "https://a" } },
    link("https://a"),
  ],
  [
    "Anthropic document by id",
    { type: "document", source: { type: "file", file_id: "file-1" } },
    link("file-1"),
  ],
  [
    "Anthropic text document",
    { type: "document", source: { type: "text", media_type: "text/markdown", data: "aGVs" } },
    text("aGVs", "text/markdown"),
  ],
  ["Google inline data", { inlineData: { mimeType: "image/png", data } }, file("image/png")],
  [
    "Google inline data with a type",
    { type: "inlineData", inlineData: { mimeType: "image/png", data } },
    file("image/png"),
  ],
  ["Google file", { fileData: { mimeType: "a/b", fileUri: "gs://a" } }, link("gs://a", "a/b")],
  ["Google media", { type: "media", mimeType: "a/b", data }, file("a/b")],
  ["Google media by address", { type: "media", fileUri: "gs://a" }, link("gs://a")],
])("a %s is a piece", (_, block, piece) => {
  expect(mediaPiece(block)).toEqual(piece);
});

test.each([
  [{ type: "hologram", data }],
  [{ type: "text", text: "hello" }],
  [{ type: "image" }],
  [{ type: "document", source: { type: "content", content: [] } }],
  [{}],
])("%j is no file", (block) => {
  expect(mediaPiece(block)).toBeUndefined();
});
