package com.example.shop;

import dev.carillon.client.Broadcast;
import dev.carillon.client.CarillonClient;
import dev.carillon.spring.CarillonEmitters;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

@RestController
class OrderController {
    private final CarillonClient carillon;
    private final CarillonEmitters emitters;

    OrderController(CarillonClient carillon, CarillonEmitters emitters) {
        this.carillon = carillon;
        this.emitters = emitters;
    }

    @GetMapping("/orders/{id}/events")
    SseEmitter events(
            @PathVariable("id") String id,
            @RequestHeader(name = "Last-Event-ID", required = false) String lastEventId) {
        return emitters.open(lastEventId, "orders/" + id);
    }

    @PostMapping("/orders/{id}/{status}")
    String change(@PathVariable("id") String id, @PathVariable("status") String status) throws InterruptedException {
        return carillon.broadcast(
                Broadcast.to("topic:orders/" + id).type("status").json("{\"status\":\"" + status + "\"}"));
    }
}
