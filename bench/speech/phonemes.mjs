// Lines of `voice TAB text` to lines of JSON with their phonemes, for kokoro.py. Needs npm `phonemizer` 1.2.1 (PHONEMIZER: its
// folder). The few replacements are those that kokoro-js 1.2.1 makes.
import fs from "node:fs";
const { phonemize } = await import(`${process.env.PHONEMIZER}/dist/phonemizer.js`);
for (const line of fs.readFileSync(process.argv[2], "utf8").trim().split("\n")) {
  const [voice, text] = line.split("\t");
  const language = voice.startsWith("a") ? "en-us" : "en";
  const parts = text.split(/([.,!?;:])/);
  let phonemes = "";
  for (const part of parts) phonemes += /^[.,!?;:]$/.test(part) ? part + " " : part.trim() ? (await phonemize(part, language)).join(" ") : "";
  phonemes = phonemes.replace(/ʲ/g, "j").replace(/r/g, "ɹ").replace(/x/g, "k").replace(/ɬ/g, "l").trim();
  console.log(JSON.stringify({ voice, text, phonemes }));
}
