declare module "*.css";
declare module "*.css?inline" {
  const text: string;
  export default text;
}
interface ImportMeta {
  /** The texts of files, put in when the page is built. */
  glob(files: string, how: { query: "?inline"; import: "default"; eager: true }): Record<string, string>;
}
