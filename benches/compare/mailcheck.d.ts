// mailcheck has no types of its own: what the comparison uses of it.

declare module "mailcheck" {
    const mailcheck: {
        defaultDomains: string[];
        run(options: { email: string; domains?: string[] }): { full: string } | undefined;
    };
    export default mailcheck;
}
