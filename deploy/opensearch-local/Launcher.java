import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.opensearch.Version;
import org.opensearch.common.logging.LogConfigurator;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.http.HttpServerTransport;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.PluginInfo;

/**
 * Runs one OpenSearch node from a flat class path: for tests, benches and one machine without Docker.
 *
 * <p>Arguments are settings, {@code key=value}, laid over opensearch.yml; system properties: {@code vanban.config} is the
 * configuration directory, {@code vanban.address} the file that receives the node's HTTP address once it answers.
 * SIGTERM and SIGINT close the node in order. The node has no security plug-in and belongs on loopback only.
 */
public final class Launcher extends Node {

    /** What the distribution loads from its modules directory, and the ICU analysis plug-in. */
    private static final List<String> MODULES = List.of(
            "org.opensearch.transport.Netty4ModulePlugin",
            "org.opensearch.analysis.common.CommonAnalysisModulePlugin",
            "org.opensearch.plugin.analysis.icu.AnalysisICUPlugin",
            "org.opensearch.painless.PainlessModulePlugin",
            "org.opensearch.script.expression.ExpressionModulePlugin",
            "org.opensearch.script.mustache.MustacheModulePlugin",
            "org.opensearch.index.mapper.MapperExtrasModulePlugin",
            "org.opensearch.index.reindex.ReindexModulePlugin",
            "org.opensearch.percolator.PercolatorModulePlugin",
            "org.opensearch.join.ParentJoinModulePlugin",
            "org.opensearch.search.aggregations.matrix.MatrixAggregationModulePlugin",
            "org.opensearch.index.rankeval.RankEvalModulePlugin",
            "org.opensearch.ingest.common.IngestCommonModulePlugin",
            "org.opensearch.geo.GeoModulePlugin");

    private Launcher(Environment environment, Collection<PluginInfo> modules) {
        super(environment, modules, true);
    }

    public static void main(String[] arguments) throws Exception {
        Environment environment = environment(arguments);
        LogConfigurator.setNodeName(Node.NODE_NAME_SETTING.get(environment.settings()));
        LogConfigurator.registerErrorListener();
        LogConfigurator.configure(environment);

        Launcher node = new Launcher(environment, modules());
        CountDownLatch closed = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> closeNode(node, closed), "close-node"));
        node.start();
        publishAddress(node);
        closed.await();
    }

    private static Environment environment(String[] arguments) {
        Settings.Builder settings = Settings.builder();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("not a setting (key=value): " + argument);
            }
            settings.put(argument.substring(0, equals), argument.substring(equals + 1));
        }
        Path config = Path.of(System.getProperty("vanban.config"));
        String name = settings.get("node.name");
        return InternalSettingsPreparer.prepareEnvironment(settings.build(), Map.of(), config, () -> name);
    }

    private static Collection<PluginInfo> modules() throws ClassNotFoundException {
        List<PluginInfo> modules = new ArrayList<>();
        String java = System.getProperty("java.specification.version");
        for (String module : MODULES) {
            Class.forName(module); // the server skips a missing module without a word
            modules.add(new PluginInfo(
                    module, "classpath module", "NA", Version.CURRENT, java, module, List.of(), false));
        }
        return modules;
    }

    /** Writes the address whole or not at all: who waits for the file may read it at once. */
    private static void publishAddress(Node node) throws Exception {
        var bound = node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress();
        String address = "http://" + bound.getAddress() + ":" + bound.getPort();
        String file = System.getProperty("vanban.address");
        if (file != null) {
            Path target = Path.of(file);
            Path part = target.resolveSibling(target.getFileName() + ".part");
            Files.writeString(part, address + "\n");
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        System.out.println("OpenSearch answers at " + address);
    }

    private static void closeNode(Node node, CountDownLatch closed) {
        try {
            node.close();
            node.awaitClose(15, TimeUnit.SECONDS);
        } catch (Exception error) {
            System.err.println("closing the node: " + error);
        } finally {
            closed.countDown();
        }
    }
}
